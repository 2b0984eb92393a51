//! The fields of a form: repeated keys are kept.

use serde::{Deserialize, Serialize};

use crate::db::once::OnceKey;

/// The fields of a posted form, in their order and with repeated names.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Form {
    pub(super) fields: Vec<(String, String)>,
    #[serde(skip)]
    pub(super) once: Option<OnceKey>,
}

impl Form {
    /// The value of the last field of that name, or an empty string.
    pub fn get(&self, name: &str) -> &str {
        self.fields.iter().rev().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    pub const fn of(fields: Vec<(String, String)>) -> Self {
        Self { fields, once: None }
    }

    /// The key for [`super::double_submit`]; `None` without a once-token.
    pub const fn once(&self) -> Option<&OnceKey> {
        self.once.as_ref()
    }

    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }
}
