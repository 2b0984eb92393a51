//! Reads the key-value pairs of a posted form into its fields; keys may repeat.

use super::webhook::{HeaderRow, WebhookForm};

/// Rows of extra headers that are read. More than may be saved, so that too many are reported as a problem.
pub(super) const ROWS_MAX: usize = 64;

impl WebhookForm {
    /// Reads the fields of the webhook form by their names; ignores unknown ones.
    pub fn from_pairs<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let mut form = Self::default();
        for (key, value) in pairs {
            form.take(key, value);
        }
        form
    }

    fn take(&mut self, key: &str, value: &str) {
        let value = || value.to_owned();
        match key {
            "name" => self.name = value(),
            "url" => self.url = value(),
            "auth" => self.auth = value(),
            "bearer_token" => self.bearer_token = value(),
            "basic_login" => self.basic_login = value(),
            "basic_password" => self.basic_password = value(),
            "custom_name" => self.custom_name = value(),
            "custom_value" => self.custom_value = value(),
            "events" => self.events.push(value()),
            "inbox_scope" => self.inbox_scope = value(),
            "inboxes" => self.inboxes.push(value()),
            "secret" => self.secret = value(),
            "timeout_s" => self.timeout_s = value(),
            "viewers_see_answers" => self.viewers_see_answers = true,
            "version" => self.version = value().parse().ok(),
            _ => self.take_header(key, value()),
        }
    }

    /// Reads `headers[3][name]` and its siblings.
    fn take_header(&mut self, key: &str, value: String) {
        let place = key.strip_prefix("headers[").and_then(|rest| rest.split_once("]["));
        let Some((place, part)) = place else { return };
        let Some(place) = place.parse::<usize>().ok().filter(|place| *place < ROWS_MAX) else { return };
        if self.headers.len() <= place {
            self.headers.resize_with(place + 1, HeaderRow::default);
        }
        let Some(row) = self.headers.get_mut(place) else { return };
        match part {
            "name]" => row.name = value,
            "value]" => row.value = value,
            "hide]" => row.hide = true,
            "remove]" => row.remove = true,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_keys_and_header_rows_are_collected() {
        let pairs = [
            ("url", "https://a.example"),
            ("events", "message_created"),
            ("events", "team_changed"),
            ("headers[1][name]", "X-A"),
            ("headers[1][hide]", "on"),
            ("headers[0][value]", "v"),
            ("headers[99999999999999999999][name]", "no"),
            ("headers[77][name]", "no"),
            ("version", "4"),
            ("role", "admin"),
        ];
        let form = WebhookForm::from_pairs(pairs.into_iter());
        assert_eq!(form.events, ["message_created", "team_changed"]);
        assert_eq!(form.headers.len(), 2);
        assert_eq!((form.headers[1].name.as_str(), form.headers[1].hide), ("X-A", true));
        assert_eq!(form.version, Some(4));
    }

    proptest::proptest! {
        #[test]
        fn any_form_is_checked_without_a_panic(
            pairs in proptest::collection::vec(("(name|url|auth|bearer_token|basic_login|basic_password|custom_name|custom_value|events|inbox_scope|inboxes|secret|timeout_s|version|headers\\[[0-9]{1,3}\\]\\[(name|value|hide|remove)\\])", ".{0,40}"), 0..30)
        ) {
            let form = WebhookForm::from_pairs(pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())));
            let policy = crate::domain::webhooks::address::AddressPolicy::default();
            drop(form.check(&crate::forms::Context { stored: None, inboxes: &[], policy: &policy }));
        }
    }
}
