//! Parses the text of the log's search field.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use icu_normalizer::ComposingNormalizerBorrowed;

use crate::domain::{id, text};

/// What to search for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Search {
    /// Deliveries whose id begins with `dlv_` and these digits.
    Deliveries(RangeInclusive<i64>),
    /// Deliveries of events whose id begins with `evt_` and these digits.
    Events(RangeInclusive<i64>),
    /// Deliveries with a response of this status.
    HttpStatus(u16),
    /// A folded text in the event's body or in a response.
    Text(String),
}

impl Search {
    /// The longest search text.
    pub const TEXT_CHARS_MAX: usize = 200;

    /// Parses the search text; `None` if it is blank or longer than [`Self::TEXT_CHARS_MAX`].
    pub fn parse(typed: &str) -> Option<Self> {
        let typed = text::trimmed(typed);
        if typed.is_empty() || typed.chars().count() > Self::TEXT_CHARS_MAX {
            return None;
        }
        let ids = |prefix: &str| typed.to_ascii_lowercase().strip_prefix(prefix).and_then(id::beginning_with);
        let status = || typed.parse().ok().filter(|status| typed.len() == 3 && (100..=599).contains(status));
        let found = ids("dlv_").map(Self::Deliveries).or_else(|| ids("evt_").map(Self::Events));
        let found = found.or_else(|| status().map(Self::HttpStatus));
        Some(found.unwrap_or_else(|| Self::Text(folded(typed.as_bytes()))))
    }
}

/// Folds a text for comparison, after decoding escapes of JSON.
pub fn folded(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    if text.contains('\\') { fold(&unescaped(&text)) } else { fold(&text) }
}

/// Removes differences that readers do not see or mean: converts to lower case, composes (Unicode NFC), removes
/// invisible characters. Composed, not decomposed: `й` is a letter of its own, not `и` with a mark.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut folded = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            _ if c.is_ascii() => folded.push(c.to_ascii_lowercase()),
            'ß' | 'ẞ' => folded.push_str("ss"),
            'ς' => folded.push('σ'),
            'ı' => folded.push('i'),
            _ if text::is_unseen(c) => {}
            // The lower case of İ is an i followed by a combining dot above, which is dropped.
            _ => {
                for c in c.to_lowercase() {
                    if c != DOT_ABOVE || !folded.ends_with('i') {
                        folded.push(c);
                    }
                }
            }
        }
    }
    match ComposingNormalizerBorrowed::new_nfc().normalize(&folded) {
        Cow::Borrowed(_) => folded,
        Cow::Owned(composed) => composed,
    }
}

const DOT_ABOVE: char = '\u{307}';

fn unescaped(text: &str) -> String {
    let mut read = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, escape)) = rest.split_once('\\') {
        read.push_str(before);
        let (sign, length) = escaped(escape);
        read.push(sign);
        rest = escape.get(length..).unwrap_or_default();
    }
    read + rest
}

/// The character that the escape after a backslash represents, and its length in bytes.
fn escaped(escape: &str) -> (char, usize) {
    let unit = |at: usize| {
        let digits = escape.get(at..at + 5)?.strip_prefix('u')?;
        u16::from_str_radix(digits, 16).ok()
    };
    if let Some(first) = unit(0) {
        // Characters beyond the Basic Multilingual Plane are written as a pair of escapes.
        let second = escape.get(5..6).filter(|sign| *sign == "\\").and_then(|_| unit(6));
        let mut pair = char::decode_utf16([Some(first), second].into_iter().flatten());
        return match pair.next() {
            Some(Ok(sign)) => (sign, if sign.len_utf16() == 2 { 11 } else { 5 }),
            _ => (char::REPLACEMENT_CHARACTER, 5),
        };
    }
    match escape.chars().next() {
        Some('b') => ('\u{8}', 1),
        Some('f') => ('\u{c}', 1),
        Some('n') => ('\n', 1),
        Some('r') => ('\r', 1),
        Some('t') => ('\t', 1),
        Some(sign @ ('"' | '\\' | '/')) => (sign, 1),
        _ => ('\\', 0),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_form_of_the_text_decides_what_is_searched() {
        let text = |text: &str| Some(Search::Text(text.into()));
        assert!(matches!(Search::parse(" EVT_06cwp "), Some(Search::Events(_))));
        assert!(matches!(Search::parse("dlv_"), Some(Search::Deliveries(_))));
        assert_eq!(Search::parse("503"), Some(Search::HttpStatus(503)));
        assert_eq!(Search::parse("099"), text("099"));
        assert_eq!(Search::parse("+50"), text("+50"));
        assert_eq!(Search::parse("evt_hello"), text("evt_hello"));
        assert_eq!(Search::parse("Привіт, ЇЖАК"), text("привіт, їжак"));
        assert_eq!(Search::parse("  "), None);
        assert_eq!(Search::parse(&"a".repeat(201)), None);
    }

    #[test]
    fn texts_that_read_the_same_are_equal() {
        for (one, other) in [
            ("Київ", "ки\u{457}в"),
            ("Киї\u{432}", "КИ\u{406}\u{308}В"),
            ("Й", "и\u{306}"),
            ("café", "CAFE\u{301}"),
            ("ΟΔΟΣ", "οδος"),
            ("ΟΔΟΣ", "οδοσ"),
            ("İstanbul", "istanbul"),
            ("I\u{307}stanbul", "İSTANBUL"),
            ("ISPARTA", "ısparta"),
            ("Straße", "STRASSE"),
            ("STRAẞE", "straße"),
            ("сло\u{ad}во", "слово"),
            ("сло\u{200b}во", "сло\u{feff}во"),
            ("Å", "\u{212b}"),
            ("한", "\u{1112}\u{1161}\u{11ab}"),
        ] {
            assert_eq!(fold(one), fold(other), "{one} {other}");
        }
        for (one, other) in [("й", "и"), ("ї", "і"), ("é", "e"), ("a\nb", "ab")] {
            assert_ne!(fold(one), fold(other), "{one} {other}");
        }
        assert!(!fold("Київ").contains(&fold("Киі")));
        assert_eq!(Search::parse("\u{200b} \u{feff}"), None);
    }

    #[test]
    fn escapes_are_decoded_before_texts_are_compared() {
        assert_eq!(folded(br#"\u0413\u0430\u0447\u043e\u043A"#), "гачок");
        assert_eq!(folded(br#"\ud83d\udc4b"#), "👋");
        assert_eq!(folded(br#"\ud83d \ud83dA \u12"#), "\u{fffd} \u{fffd}a \\u12");
        assert_eq!(folded(br#"A\"b\\n\/\n\q"#), "a\"b\\n/\n\\q");
        assert_eq!(folded(b"\\"), "\\");
    }

    proptest! {
        #[test]
        fn a_text_is_found_in_its_json_notation(text in r"\PC*") {
            let written = serde_json::to_string(&text).expect("JSON");
            prop_assert!(folded(written.as_bytes()).contains(&fold(&text)));
            prop_assert!(folded(written.as_bytes()).contains(&fold(&text.to_uppercase())) || !text.is_ascii());
        }

        #[test]
        fn any_bytes_are_folded_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            folded(&bytes);
        }
    }
}
