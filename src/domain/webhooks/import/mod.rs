//! Webhooks of other programs, as their APIs export them, and what of them has no counterpart here.

mod chatwoot;
mod convoy;
mod foreign;
mod svix;

use serde_json::Value;

pub use foreign::Foreign;

/// The program that exported the webhooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exporter {
    /// `GET /api/v1/accounts/{id}/webhooks` of Chatwoot.
    Chatwoot,
    /// `GET /api/v1/app/{id}/endpoint` of Svix.
    Svix,
    /// `GET /api/v1/projects/{id}/endpoints` of Convoy, with its subscriptions.
    Convoy,
}

impl Exporter {
    /// Reads an export. The error says what is wrong with it.
    pub fn read(self, json: &str) -> Result<Vec<Foreign>, String> {
        let value: Value = serde_json::from_str(json).map_err(|error| format!("not JSON: {error}"))?;
        match self {
            Self::Chatwoot => chatwoot::read(&value),
            Self::Svix => svix::read(&value),
            Self::Convoy => convoy::read(&value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_list_is_refused() {
        for exporter in [Exporter::Chatwoot, Exporter::Svix, Exporter::Convoy] {
            assert!(exporter.read("{").is_err() && exporter.read("{}").is_err() && exporter.read("7").is_err());
            assert_eq!(exporter.read("[]"), Ok(Vec::new()));
        }
    }
}
