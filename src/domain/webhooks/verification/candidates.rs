//! Candidates for keys, ids, timestamps, bodies and signatures: the correct ones, and those of each common mistake.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use serde_json::Value;
use serde_json::value::RawValue;

use super::mistake::{Known, Mistake};
use crate::domain::json;
use crate::domain::timestamp::Timestamp;
use crate::domain::webhooks::signing::SigningSecret;

/// A candidate, and the mistake that leads to it.
type Candidate<T> = (T, Option<Mistake>);

/// The decoded entries of the header; entries that cannot be decoded are left out.
pub fn signatures(text: &str) -> Vec<Candidate<Vec<u8>>> {
    text.split_whitespace().filter_map(signature).collect()
}

fn signature(entry: &str) -> Option<Candidate<Vec<u8>>> {
    let (text, versioned) = entry.strip_prefix("v1,").map_or((entry, false), |text| (text, true));
    let without = (!versioned).then_some(Mistake::NoVersion);
    let text = text.strip_prefix("sha256=").unwrap_or(text);
    if text.len() == 64 && text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        let byte = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
        return Some(((0..64).step_by(2).map(byte).collect::<Option<_>>()?, Some(Mistake::Hexadecimal)));
    }
    if let Ok(bytes) = STANDARD.decode(text) {
        return Some((bytes, without));
    }
    let other = [&URL_SAFE, &STANDARD_NO_PAD, &URL_SAFE_NO_PAD].into_iter().find_map(|way| way.decode(text).ok());
    other.map(|bytes| (bytes, Some(Mistake::OtherBase64)))
}

/// The bytes of a key; the mistake; the end of its validity if it is the previous one.
type Key = (Vec<u8>, Option<Mistake>, Option<Timestamp>);

/// Both secrets, and what is mistaken for them.
pub fn keys(known: &Known, now: Timestamp) -> Vec<Key> {
    let mut keys = forms(known.secret).map(|(key, mistake)| (key, mistake, None)).to_vec();
    if let Some((old, until)) = known.old {
        let ended = (until <= now).then_some(Mistake::OldKeyEnded);
        keys.extend(forms(old).map(|(key, mistake)| (key, mistake.or(ended), Some(until))));
    }
    keys
}

fn forms(secret: &SigningSecret) -> [Candidate<Vec<u8>>; 3] {
    let whole = secret.reveal();
    let text = whole.strip_prefix("whsec_").unwrap_or(whole);
    [
        (STANDARD.decode(text).unwrap_or_default(), None),
        (whole.as_bytes().to_vec(), Some(Mistake::SecretAsText)),
        (text.as_bytes().to_vec(), Some(Mistake::SecretNotDecoded)),
    ]
}

/// The id as pasted; if it is a delivery's, also the id of its event.
pub fn ids(id: &str, known: &Known) -> Vec<Candidate<String>> {
    let event = known.event_id.filter(|event| *event != id).map(|event| (event.to_owned(), Some(Mistake::DeliveryId)));
    [(id.to_owned(), None)].into_iter().chain(event).collect()
}

/// The timestamp as pasted, and converted to seconds; each with the seconds that it means.
pub fn timestamps(text: &str, number: i64) -> Vec<(String, Option<Mistake>, i64)> {
    // Milliseconds of any time since 1973 exceed seconds of any time until 5138.
    if number > 100_000_000_000 {
        let seconds = number / 1000;
        let both = [(seconds.to_string(), Some(Mistake::Milliseconds), seconds)];
        return both.into_iter().chain([(text.to_owned(), Some(Mistake::Milliseconds), seconds)]).collect();
    }
    vec![(text.to_owned(), None, number)]
}

/// The body as pasted, and as it may have been before it was changed.
pub fn bodies(pasted: &str, sent: Option<&[u8]>) -> Vec<Candidate<Vec<u8>>> {
    // A form sends line breaks as CR LF, regardless of how they were typed.
    let plain = pasted.replace("\r\n", "\n");
    let bare = plain.trim_end_matches('\n');
    let dos = plain.replace('\n', "\r\n");
    let at_end = Some(Mistake::LineBreakAtEnd);
    let mut bodies = vec![(plain.clone().into_bytes(), None), (dos.into_bytes(), None)];
    for other in [bare.to_owned(), format!("{bare}\n"), format!("{bare}\r\n")] {
        if other != plain {
            bodies.push((other.into_bytes(), at_end));
        }
    }
    if let Some(sent) = sent {
        bodies.push((
            sent.to_vec(),
            Some(if same_json(bare.as_bytes(), sent) { Mistake::Rewritten } else { Mistake::OtherBody }),
        ));
    } else if let Ok(value) = serde_json::from_str::<Value>(bare) {
        bodies.push((value.to_string().into_bytes(), Some(Mistake::Rewritten)));
    }
    bodies
}

/// Whether two JSON texts have the same value.
fn same_json(one: &[u8], other: &[u8]) -> bool {
    let read = |text| serde_json::from_slice::<&RawValue>(text).ok();
    read(one).zip(read(other)).is_some_and(|(one, other)| json::is_same(one, other))
}

/// Everything that may precede the body in the signed message, with its mistakes.
pub fn heads(ids: &[Candidate<String>], time: &str) -> Vec<(String, [Option<Mistake>; 2])> {
    let mut heads = Vec::new();
    for (id, id_mistake) in ids {
        heads.push((format!("{id}.{time}."), [*id_mistake, None]));
        for separator in ["", ":", "\n", "|"] {
            heads.push((format!("{id}{separator}{time}{separator}"), [*id_mistake, Some(Mistake::Separator)]));
        }
    }
    heads.push((format!("{time}."), [Some(Mistake::IdMissing), None]));
    heads.push((String::new(), [Some(Mistake::BodyAlone), None]));
    heads
}

/// The first difference between two bodies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Counted from 1.
    pub line: u64,
    /// In characters, counted from 1.
    pub column: u64,
    /// An excerpt of the sent body around the difference.
    pub sent: String,
    /// An excerpt of the pasted body around the difference.
    pub pasted: String,
}

/// Characters of an excerpt before and after the difference.
const EXCERPT_SIDE_CHARS: usize = 24;

/// The first difference between the sent and the pasted body; a line break counts as one character. `None` if there is
/// no difference.
pub fn first_difference(sent: &[u8], pasted: &str) -> Option<Difference> {
    let line_ends = |text: &str| text.replace("\r\n", "\n");
    let (sent, pasted) = (line_ends(&String::from_utf8_lossy(sent)), line_ends(pasted));
    let same = sent.chars().zip(pasted.chars()).take_while(|(one, other)| one == other).count();
    if same == sent.chars().count() && same == pasted.chars().count() {
        return None;
    }
    let before: String = sent.chars().take(same).collect();
    let line = before.matches('\n').count();
    let column = before.chars().rev().take_while(|char| *char != '\n').count();
    let around =
        |text: &str| text.chars().skip(same.saturating_sub(EXCERPT_SIDE_CHARS)).take(2 * EXCERPT_SIDE_CHARS).collect();
    let count = |number: usize| number as u64 + 1;
    Some(Difference { line: count(line), column: count(column), sent: around(&sent), pasted: around(&pasted) })
}
