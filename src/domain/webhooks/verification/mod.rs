//! Explains why a signature does not verify.
//!
//! Each common mistake changes the message, the key or the encoding of the signature. All combinations are tried; the
//! matching one with the fewest mistakes is reported.

mod candidates;
pub mod mistake;

use crate::domain::secret_box::mac;
use crate::domain::string_enum::string_enum;
use crate::domain::timestamp::Timestamp;

pub use candidates::{Difference, first_difference};
use mistake::{Known, Mistake};

/// Receivers refuse timestamps that differ from their clock by more than this (Standard Webhooks).
pub const TOLERANCE_S: u64 = 300;

/// What a person pasted into the form.
#[derive(Clone, Copy, Debug)]
pub struct Pasted<'a> {
    /// The header `webhook-id`.
    pub id: &'a str,
    /// The header `webhook-timestamp`.
    pub timestamp: &'a str,
    /// The header `webhook-signature`, or what the receiver computed.
    pub signature: &'a str,
    /// The body. The form normalizes its line breaks.
    pub body: &'a str,
}

/// The result of [`diagnose`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The signature verifies with the current secret, or, if there is a time, with the previous one, which is valid
    /// until then.
    Good(Option<Timestamp>),
    /// The signature would verify without these mistakes.
    Mistakes(Vec<Mistake>),
    /// A field is blank or malformed.
    Unreadable(Part),
    /// No common mistake explains it.
    Unexplained,
}

string_enum!(
    /// A field of the form.
    Part {
        /// The header `webhook-id`.
        Id = "id",
        /// The header `webhook-timestamp`.
        Timestamp = "timestamp",
        /// The header `webhook-signature`.
        Signature = "signature",
    }
);

/// Verifies the signature; if it is invalid, finds the mistakes that explain it.
pub fn diagnose(pasted: Pasted, known: Known, now: Timestamp) -> Finding {
    let (id, timestamp) = (pasted.id.trim(), pasted.timestamp.trim());
    if id.is_empty() {
        return Finding::Unreadable(Part::Id);
    }
    let Ok(number) = timestamp.parse::<i64>() else { return Finding::Unreadable(Part::Timestamp) };
    let given = candidates::signatures(pasted.signature);
    if given.is_empty() {
        return Finding::Unreadable(Part::Signature);
    }
    let (times, keys) = (candidates::timestamps(timestamp, number), candidates::keys(&known, now));
    let (ids, bodies) = (candidates::ids(id, &known), candidates::bodies(pasted.body, known.sent));
    let mut best: Option<(Vec<Mistake>, Option<Timestamp>)> = None;
    for (time, time_mistake, seconds) in &times {
        let heads = candidates::heads(&ids, time);
        // One message at a time: a body may have 2 MiB, and there are seventy candidates.
        for ((body, body_mistake), (head, head_mistakes)) in
            bodies.iter().flat_map(|body| heads.iter().map(move |head| (body, head)))
        {
            let message = [head.as_bytes(), body].concat();
            for (key, key_mistake, until) in &keys {
                let made = mac(key, &message);
                for (_, text_mistake) in given.iter().filter(|(bytes, _)| *bytes == made) {
                    let others = [*body_mistake, *key_mistake, *time_mistake, *text_mistake, late(*seconds, now)];
                    let mistakes: Vec<Mistake> = head_mistakes.iter().copied().chain(others).flatten().collect();
                    if best.as_ref().is_none_or(|(fewest, _)| mistakes.len() < fewest.len()) {
                        best = Some((mistakes, *until));
                    }
                }
            }
        }
    }
    match best {
        Some((mistakes, until)) if mistakes.is_empty() => Finding::Good(until),
        Some((mistakes, _)) => Finding::Mistakes(mistakes),
        None => Finding::Unexplained,
    }
}

fn late(seconds: i64, now: Timestamp) -> Option<Mistake> {
    (seconds.abs_diff(now.seconds()) > TOLERANCE_S).then_some(Mistake::TooOld)
}

#[cfg(test)]
mod tests;
