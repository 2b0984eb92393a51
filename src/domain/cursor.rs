//! Which part of a list to show.

use std::fmt::Display;
use std::str::FromStr;

/// A list is cut by ids, which sort by time, so a page costs the same at any depth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Cursor<Id> {
    /// The newest.
    #[default]
    Newest,
    /// Older than that one.
    Before(Id),
    /// Newer than that one, the nearest.
    After(Id),
}

impl<Id: FromStr> Cursor<Id> {
    /// As a query says it: an id is what is older; `after-` and an id, what is newer.
    pub fn parse(text: &str) -> Option<Self> {
        match text.strip_prefix("after-") {
            Some(id) => id.parse().ok().map(Self::After),
            None => text.parse().ok().map(Self::Before),
        }
    }
}

impl<Id: Display> Cursor<Id> {
    /// As it stands in a query; nothing for the newest.
    pub fn written(&self) -> Option<String> {
        match self {
            Self::Newest => None,
            Self::Before(id) => Some(id.to_string()),
            Self::After(id) => Some(format!("after-{id}")),
        }
    }
}

impl<Id> Cursor<Id> {
    /// On the far side of `id`, in the same direction.
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
