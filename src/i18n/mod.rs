//! Messages, dates and numbers in the reader's language.
//!
//! Each message of `locales/` is a method of [`Translator`], so that a wrong name does not compile.

mod bundle;
mod count;
mod decimal;
mod messages;
mod moment;
mod negotiation;
mod notice;
#[cfg(test)]
mod tests;
mod translator;
mod words;

pub use moment::{Moment, time_zones};
pub use negotiation::negotiate;
pub use notice::NoticeKind;
pub use translator::{Count, Translator};

/// A language of the pages.
pub use crate::domain::accounts::user::Language as Locale;
