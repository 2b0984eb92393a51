//! The translator, through which pages get their messages.

use std::borrow::Borrow;

use fluent_bundle::{FluentArgs, FluentValue};

use super::{Locale, bundle};
use crate::domain::text;
use crate::domain::timestamp::Timestamp;

/// A number in a message; it selects the plural form and is grouped as in the locale.
pub type Count = u64;

/// A number variable of a message: a [`Count`] or a reference to one, as templates pass it.
pub trait Number {
    /// The value for Fluent.
    fn value(&self) -> FluentValue<'_>;
}

impl<T: Borrow<Count>> Number for T {
    fn value(&self) -> FluentValue<'_> {
        FluentValue::from(*self.borrow())
    }
}

/// A text variable of a message.
pub trait Text {
    /// The value for Fluent.
    fn value(&self) -> FluentValue<'_>;
}

impl<T: AsRef<str>> Text for T {
    fn value(&self) -> FluentValue<'_> {
        FluentValue::from(text::isolated(self.as_ref()))
    }
}

/// The language, the time zone and the current time, on which all formatting depends.
#[derive(Clone, Copy, Debug)]
pub struct Translator<'a> {
    locale: Locale,
    zone: &'a str,
    now: Timestamp,
}

impl<'a> Translator<'a> {
    /// Uses UTC; see [`Translator::in_zone`].
    pub const fn new(locale: Locale, now: Timestamp) -> Self {
        Self { locale, zone: "UTC", now }
    }

    /// Uses an IANA time zone; an unknown one counts as UTC.
    #[must_use]
    pub const fn in_zone(self, zone: &'a str) -> Self {
        Self { zone, ..self }
    }

    /// The language of messages and formats.
    pub const fn locale(&self) -> Locale {
        self.locale
    }

    /// The language code for `<html lang>`.
    pub const fn lang(&self) -> &'static str {
        self.locale.as_str()
    }

    /// The IANA time zone.
    pub const fn zone(&self) -> &'a str {
        self.zone
    }

    /// The time at which the page is rendered.
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// Formats the message `id` with its variables.
    pub(super) fn say<const N: usize>(&self, id: &str, variables: [(&'static str, FluentValue<'_>); N]) -> String {
        let mut args = FluentArgs::with_capacity(N);
        for (name, value) in variables {
            args.set(name, value);
        }
        let text = bundle::text(self.locale, id, &args);
        nested_quotes(self.locale, &text).unwrap_or(text)
    }

    /// The message `prefix_value`, for a value of an enum.
    pub(super) fn named(&self, prefix: &str, value: &str) -> String {
        self.say(&format!("{prefix}_{value}"), [])
    }
}

/// The text with inner quotation marks inside quotation marks, as for a webhook «CRM «Продажі»», which becomes
/// «CRM „Продажі“». `None` if there is nothing to change, or if a name has a mark without its counterpart.
fn nested_quotes(locale: Locale, text: &str) -> Option<String> {
    let (outer, inner) = match locale {
        Locale::En => (('“', '”'), ('‘', '’')),
        Locale::Uk => (('«', '»'), ('„', '“')),
    };
    if text.matches(outer.0).count() < 2 {
        return None;
    }
    let mut depth = 0_usize;
    let mut changed = String::with_capacity(text.len());
    for sign in text.chars() {
        changed.push(match sign {
            _ if sign == outer.0 => {
                depth += 1;
                if depth > 1 { inner.0 } else { sign }
            }
            _ if sign == outer.1 => {
                let before = depth;
                depth = depth.checked_sub(1)?;
                if before > 1 { inner.1 } else { sign }
            }
            _ => sign,
        });
    }
    (depth == 0).then_some(changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotation_marks_in_a_name_become_inner_ones() {
        let uk = Translator::new(Locale::Uk, Timestamp::from_seconds(0));
        let en = Translator::new(Locale::En, Timestamp::from_seconds(0));
        assert_eq!(uk.delete_webhook_question("CRM «Продажі»"), "Видалити вебхук «CRM „Продажі“»?");
        assert_eq!(en.delete_webhook_question("CRM “Sales”"), "Delete webhook “CRM ‘Sales’”?");
        assert_eq!(uk.delete_webhook_question("CRM «Продажі"), "Видалити вебхук «CRM «Продажі»?");
        assert_eq!(uk.delete_webhook_question("a» і «b"), "Видалити вебхук «a» і «b»?");
        assert_eq!(uk.copy_of("CRM «Продажі»"), "Копія: CRM «Продажі»");
    }
}
