//! A row of the extra headers in the webhook form.

use std::collections::HashSet;

use crate::domain::problem::Problem;
use crate::domain::text;
use crate::domain::webhooks::Webhook;
use crate::domain::webhooks::authorization::Credential;
use crate::domain::webhooks::header::name::HeaderName;
use crate::domain::webhooks::header::{self, NewValue, ShownHeader};

/// One row of the extra headers, as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields of the form, by their names")]
pub struct HeaderRow {
    pub name: String,
    pub value: String,
    pub hide: bool,
    /// The checkbox *Remove* of this row.
    pub remove: bool,
}

impl HeaderRow {
    /// Nothing was typed, or the row is marked for removal.
    pub fn is_blank(&self) -> bool {
        self.remove || text::trimmed(&self.name).is_empty() && text::trimmed(&self.value).is_empty()
    }

    pub(super) fn checked_name(
        &self,
        stored: Option<&Webhook>,
        taken: &mut HashSet<String>,
    ) -> Result<HeaderName, Problem> {
        let unchanged =
            self.stored(stored).filter(|old| text::trimmed(&self.value) == old.value.as_deref().unwrap_or_default());
        let name = or_stored(HeaderName::parse_extra(&self.name), &self.name, unchanged.map(|old| old.name.clone()))?;
        if taken.insert(name.as_str().to_ascii_lowercase()) {
            Ok(name)
        } else {
            Err(Problem::HeaderNameTaken { name: text::trimmed(&self.name).to_owned() })
        }
    }

    /// The stored header with the name of this row.
    fn stored<'a>(&self, stored: Option<&'a Webhook>) -> Option<&'a ShownHeader> {
        let name = text::trimmed(&self.name);
        stored.and_then(|stored| stored.headers.iter().find(|old| old.name.as_str().eq_ignore_ascii_case(name)))
    }

    /// A hidden value stays hidden: it can be replaced but never be shown.
    pub(super) fn checked_value(&self, stored: Option<&Webhook>, moved: bool) -> Result<NewValue, Problem> {
        let was_hidden = self.stored(stored).is_some_and(|old| old.value.is_none());
        match text::trimmed(&self.value) {
            "" if was_hidden && moved => Err(Problem::TokenAgain),
            "" if was_hidden => Ok(NewValue::Hidden(Credential::Keep)),
            typed => {
                let value = header::parse_value(typed)?;
                let hidden = self.hide || was_hidden;
                Ok(if hidden { NewValue::Hidden(Credential::Set(value.into())) } else { NewValue::Shown(value) })
            }
        }
    }
}

/// Keeps a header that was stored before its name was refused, as long as it is not changed: otherwise no other field
/// of such a webhook could be changed.
pub(super) fn or_stored(
    parsed: Result<HeaderName, Problem>,
    typed: &str,
    old: Option<HeaderName>,
) -> Result<HeaderName, Problem> {
    let same = old.filter(|old| old.as_str().eq_ignore_ascii_case(text::trimmed(typed)) && old.is_refused_today());
    parsed.or_else(|problem| same.ok_or(problem))
}
