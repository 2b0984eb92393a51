//! The handle that pages and messages are written with.

use std::borrow::Borrow;

use fluent_bundle::{FluentArgs, FluentValue};

use super::{Locale, bundle};
use crate::domain::text;
use crate::domain::timestamp::Timestamp;

/// A number in a message: its plural form follows it, and it is written with the locale's groups.
pub type Count = u64;

/// A number that a message takes: a [`Count`], or a reference to one, as templates hand them on.
pub trait Number {
    /// As Fluent wants it.
    fn value(&self) -> FluentValue<'_>;
}

impl<T: Borrow<Count>> Number for T {
    fn value(&self) -> FluentValue<'_> {
        FluentValue::from(*self.borrow())
    }
}

/// A text that a message takes.
pub trait Text {
    /// As Fluent wants it.
    fn value(&self) -> FluentValue<'_>;
}

impl<T: AsRef<str>> Text for T {
    fn value(&self) -> FluentValue<'_> {
        FluentValue::from(text::isolated(self.as_ref()))
    }
}

/// A language, a time zone and the present: all that words, dates and numbers depend on.
#[derive(Clone, Copy, Debug)]
pub struct Translator<'a> {
    locale: Locale,
    zone: &'a str,
    now: Timestamp,
}

impl<'a> Translator<'a> {
    /// In `locale`, with times in UTC.
    pub const fn new(locale: Locale, now: Timestamp) -> Self {
        Self { locale, zone: "UTC", now }
    }

    /// The same, with times in an IANA time zone; an unknown one counts as UTC.
    #[must_use]
    pub const fn in_zone(self, zone: &'a str) -> Self {
        Self { zone, ..self }
    }

    /// The language.
    pub const fn locale(&self) -> Locale {
        self.locale
    }

    /// The language as `<html lang>` names it.
    pub const fn lang(&self) -> &'static str {
        self.locale.as_str()
    }

    /// The time zone.
    pub const fn zone(&self) -> &'a str {
        self.zone
    }

    /// The present.
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// The message `id` with its variables.
    pub(super) fn say<const N: usize>(&self, id: &str, variables: [(&'static str, FluentValue<'_>); N]) -> String {
        let mut args = FluentArgs::with_capacity(N);
        for (name, value) in variables {
            args.set(name, value);
        }
        bundle::text(self.locale, id, &args)
    }

    /// The message of a value of an enum: `prefix_value`.
    pub(super) fn named(&self, prefix: &str, value: &str) -> String {
        self.say(&format!("{prefix}_{value}"), [])
    }
}
