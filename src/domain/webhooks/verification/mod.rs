//! Why a signature does not verify: what was pasted is compared with what would have given that signature.
//!
//! Every usual mistake is a way to make the message, the key or the text of the signature differently. They are tried
//! together; the combination with the fewest mistakes is told.

mod candidates;

use super::signing::SigningSecret;
use crate::domain::deliveries::failure_cause::named;
use crate::domain::secret_box::mac;
use crate::domain::timestamp::Timestamp;

pub use candidates::{Difference, first_difference};

/// A receiver refuses timestamps that differ from its own clock by more seconds than that (Standard Webhooks).
pub const TOLERANCE_S: u64 = 300;

/// What somebody pasted.
#[derive(Clone, Copy, Debug)]
pub struct Pasted<'a> {
    /// The header `webhook-id`.
    pub id: &'a str,
    /// The header `webhook-timestamp`.
    pub timestamp: &'a str,
    /// The header `webhook-signature`, or what the receiver computed.
    pub signature: &'a str,
    /// The body. Its line ends are the form's, not the sender's.
    pub body: &'a str,
}

/// What we know of the webhook and the event.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// The webhook's key.
    pub secret: &'a SigningSecret,
    /// The key before it, and until when it counts or counted.
    pub old: Option<(&'a SigningSecret, Timestamp)>,
    /// The id of the event of which a delivery's id was pasted.
    pub event_id: Option<&'a str>,
    /// The body that was sent under the id.
    pub sent: Option<&'a [u8]>,
}

named!(
    /// A usual mistake.
    Mistake {
        /// The old key, which does not count any more.
        OldKeyEnded = "old_key_ended",
        /// The secret's text served as the key, with its prefix.
        SecretAsText = "secret_as_text",
        /// The secret's text served as the key, without its prefix, not decoded.
        SecretNotDecoded = "secret_not_decoded",
        /// The id of a delivery instead of that of the event.
        DeliveryId = "delivery_id",
        /// The id is not part of what was signed.
        IdMissing = "id_missing",
        /// Neither id nor timestamp is part of what was signed.
        BodyAlone = "body_alone",
        /// Id, timestamp and body were joined by something else than full stops.
        Separator = "separator",
        /// Milliseconds instead of seconds.
        Milliseconds = "milliseconds",
        /// A line break at the end of the body is too much or missing.
        LineBreakAtEnd = "line_break_at_end",
        /// The body was parsed and written again.
        Rewritten = "rewritten",
        /// The body is not what was sent.
        OtherBody = "other_body",
        /// The signature lacks `v1,`.
        NoVersion = "no_version",
        /// The signature is hexadecimal.
        Hexadecimal = "hexadecimal",
        /// The signature is base64 for URLs, or lacks its equals signs.
        OtherBase64 = "other_base64",
        /// The timestamp lies too far from now, in whichever direction.
        TooOld = "too_old",
    }
);

/// What was found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// It verifies, with the old key until the time given, else with the current one.
    Good(Option<Timestamp>),
    /// It would verify but for these.
    Mistakes(Vec<Mistake>),
    /// A field is blank or is not what belongs there.
    Unreadable(Part),
    /// None of the usual mistakes explains it.
    Unexplained,
}

named!(
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

/// Finds out whether it verifies, and if not, why.
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
        // One message at a time: a body may have 2 MiB, and there are seventy ways to sign it.
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
