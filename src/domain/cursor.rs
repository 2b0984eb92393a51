//! The position in a list that is shown page by page.

use std::fmt::Display;
use std::str::FromStr;

/// Where a page of a list begins. Pages are cut by id, which sorts by time, so a page costs the same at any depth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Cursor<Id> {
    /// The newest entries.
    #[default]
    Newest,
    /// Entries older than this id.
    Before(Id),
    /// Entries newer than this id, the nearest ones.
    After(Id),
}

impl<Id: FromStr> Cursor<Id> {
    /// Parses a query parameter: an id for older entries, `after-` and an id for newer ones.
    pub fn parse(text: &str) -> Option<Self> {
        match text.strip_prefix("after-") {
            Some(id) => id.parse().ok().map(Self::After),
            None => text.parse().ok().map(Self::Before),
        }
    }
}

impl<Id: Display> Cursor<Id> {
    /// The query parameter; `None` for the newest entries.
    pub fn written(&self) -> Option<String> {
        match self {
            Self::Newest => None,
            Self::Before(id) => Some(id.to_string()),
            Self::After(id) => Some(format!("after-{id}")),
        }
    }
}

impl<Id> Cursor<Id> {
    /// The cursor that continues after `id` in the same direction.
    pub fn beyond(&self, id: Id) -> Self {
        match self {
            Self::After(_) => Self::After(id),
            Self::Newest | Self::Before(_) => Self::Before(id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_is_written() {
        for cursor in [Cursor::Before(7_i64), Cursor::After(7)] {
            assert_eq!(cursor.written().as_deref().and_then(Cursor::parse), Some(cursor));
        }
        assert_eq!(Cursor::<i64>::Newest.written(), None);
        assert_eq!((Cursor::<i64>::parse("after-x"), Cursor::<i64>::parse("")), (None, None));
    }
}
