//! What a receiver asks for by the response header `webhook-delivery` (docs/reference/webhook-requests.md, "Delivery
//! control"; Standard Webhooks, pull request 291).

use std::fmt;

/// The instructions of one response. Both may be given: the webhook is turned off, and the delivery ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeliveryControl {
    /// `disable`: the webhook is turned off.
    pub disable: bool,
    /// `abort-message`: a failed delivery gets no further attempt.
    pub abort_message: bool,
}

impl DeliveryControl {
    /// The name of the header, in lower case.
    pub const HEADER: &'static str = "webhook-delivery";

    /// Reads the headers of a response. Several headers and a list separated by commas are the same (RFC 9110 §5.3); the
    /// case of a value does not matter, and unknown values are ignored.
    pub fn of(headers: &[(String, String)]) -> Self {
        let lines = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case(Self::HEADER));
        let mut control = Self::default();
        for value in lines.flat_map(|(_, value)| value.split(',')).map(str::trim) {
            control.disable |= value.eq_ignore_ascii_case("disable");
            control.abort_message |= value.eq_ignore_ascii_case("abort-message");
        }
        control
    }

    /// Whether it asks for anything.
    pub const fn is_empty(self) -> bool {
        !self.disable && !self.abort_message
    }
}

impl fmt::Display for DeliveryControl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.disable, self.abort_message) {
            (true, true) => "disable, abort-message",
            (true, false) => "disable",
            (false, true) => "abort-message",
            (false, false) => "",
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(lines: &[(&str, &str)]) -> String {
        let headers: Vec<_> = lines.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        DeliveryControl::of(&headers).to_string()
    }

    #[test]
    fn a_value_counts_in_any_case_and_with_white_space_around_it() {
        for (value, read) in [
            ("disable", "disable"),
            ("DISABLE", "disable"),
            (" \tDisable\t ", "disable"),
            ("abort-message", "abort-message"),
            ("Abort-Message", "abort-message"),
            (" abort-message ", "abort-message"),
        ] {
            for name in ["webhook-delivery", "Webhook-Delivery", "WEBHOOK-DELIVERY"] {
                assert_eq!(of(&[(name, value)]), read, "{name}: {value:?}");
            }
        }
    }

    #[test]
    fn anything_else_is_ignored() {
        for value in [
            "",
            " ",
            ",",
            "enable",
            "disabled",
            "disable;now",
            "disable abort-message",
            "\"disable\"",
            "abort",
            "abort_message",
            "abort message",
            "no-disable",
            "disable=1",
            "ｄisable",
            "d\u{131}sable",
        ] {
            assert_eq!(of(&[("webhook-delivery", value)]), "", "{value:?}");
        }
        for name in ["webhook-deliveries", "x-webhook-delivery", "webhook_delivery", "webhook-id"] {
            assert_eq!(of(&[(name, "disable")]), "", "{name}");
        }
        assert_eq!(of(&[]), "");
    }

    #[test]
    fn several_headers_and_lists_are_the_same_and_each_known_value_counts() {
        let both = "disable, abort-message";
        for lines in [
            &["disable", "abort-message"][..],
            &["abort-message", "disable"],
            &["disable,abort-message"],
            &["abort-message , DISABLE"],
            &[",abort-message,,disable,"],
            &["pause, disable", "abort-message, later"],
            &["disable", "disable, abort-message", "abort-message"],
        ] {
            let lines: Vec<_> = lines.iter().map(|value| ("webhook-delivery", *value)).collect();
            assert_eq!(of(&lines), both, "{lines:?}");
        }
        assert_eq!(of(&[("webhook-delivery", "pause"), ("server", "x"), ("webhook-delivery", "disable")]), "disable");
        assert_eq!(of(&[("webhook-delivery", "pause, abort-message;q=1, disable")]), "disable");
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_ignored(value in ".{0,60}") {
            let asked = of(&[("webhook-delivery", &value)]);
            let lower = value.to_ascii_lowercase();
            prop_assert!(asked.is_empty() || lower.contains("disable") || lower.contains("abort-message"));
        }
    }
}
