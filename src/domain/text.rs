//! Text from outside: which characters a name may contain, and what is trimmed from a pasted secret.
//!
//! A name with invisible characters, or with characters that reorder the text around them, reads as a different name in
//! lists and in the confirmation before a deletion (Unicode TR 36 §2.5 and §3.5). Names therefore contain neither
//! control and format characters nor blank characters that are not spaces. Joiners are kept inside words, which some
//! scripts spell with them, and the characters that combine several code points into one emoji or ideograph are kept
//! where they do so.

use std::borrow::Cow;

use icu_properties::props::{
    BidiClass, DefaultIgnorableCodePoint, Emoji, ExtendedPictographic, GeneralCategory, Ideographic,
};
use icu_properties::{CodePointMapData, CodePointSetData};

const ZERO_WIDTH_NON_JOINER: char = '\u{200c}';
const ZERO_WIDTH_JOINER: char = '\u{200d}';
const TEXT_STYLE: char = '\u{fe0e}';
const EMOJI_STYLE: char = '\u{fe0f}';
const KEYCAP: char = '\u{20e3}';

/// Cleans a name that no person can correct: removes hidden characters, replaces line breaks by spaces, and trims.
/// Empty if nothing visible is left.
pub fn cleaned(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if stays(&clean, c, chars.peek().copied()) {
            clean.push(c);
        } else if c.is_whitespace() && !clean.ends_with(char::is_whitespace) {
            clean.push(' ');
        }
    }
    clean.trim().to_owned()
}

/// A stored name for display: an older version may have stored characters that are refused now. `None` if nothing
/// visible is left.
pub fn shown(stored: &str) -> Option<String> {
    Some(cleaned(stored)).filter(|name| !name.is_empty())
}

/// A name for use inside a message, a title or an option, where `<bdi>` is not possible: a right-to-left name is
/// wrapped in FIRST STRONG ISOLATE and POP DIRECTIONAL ISOLATE, so that it does not reorder the text around it.
pub fn isolated(name: &str) -> Cow<'_, str> {
    let turns = |c: char| {
        let class = CodePointMapData::<BidiClass>::new();
        c >= '\u{590}' && matches!(class.get(c), BidiClass::RightToLeft | BidiClass::ArabicLetter)
    };
    if name.contains(turns) { format!("\u{2068}{name}\u{2069}").into() } else { name.into() }
}

/// The first `chars_max` characters of [`cleaned`] text.
pub fn cleaned_to(text: &str, chars_max: usize) -> String {
    let clean = cleaned(text);
    match clean.char_indices().nth(chars_max) {
        // If the cut is inside an emoji or a word, the joiner at its end is removed, too.
        Some((end, _)) => cleaned(clean.get(..end).unwrap_or_default()),
        None => clean,
    }
}

/// Whether the text contains no hidden characters.
pub fn is_clean(text: &str) -> bool {
    let mut before = "";
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let after = rest.get(c.len_utf8()..).unwrap_or_default();
        if !stays(before, c, after.chars().next()) {
            return false;
        }
        before = text.get(..text.len() - after.len()).unwrap_or_default();
        rest = after;
    }
    true
}

/// Trims spaces and hidden characters, which are copied along with text from pages and documents.
pub fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || is_unseen(c))
}

/// The same for a password, which may begin or end with ordinary spaces.
pub fn trimmed_password(text: &str) -> &str {
    text.trim_matches(|c: char| c != ' ' && !c.is_control() && (c.is_whitespace() || is_unseen(c)))
}

/// Whether a name may contain `c` between `before` (what was kept so far) and `after` (the next character).
fn stays(before: &str, c: char, after: Option<char>) -> bool {
    if !is_hidden(c) {
        return true;
    }
    let last = before.chars().next_back();
    match c {
        ZERO_WIDTH_NON_JOINER => last.is_some_and(is_of_word) && after.is_some_and(is_of_word),
        ZERO_WIDTH_JOINER => {
            last.is_some_and(is_of_word) && after.is_some_and(is_of_word)
                || last.is_some_and(ends_emoji) && after.is_some_and(is_pictographic)
        }
        TEXT_STYLE | EMOJI_STYLE => last.is_some_and(|last| {
            !last.is_ascii() && CodePointSetData::new::<Emoji>().contains(last)
                || after == Some(KEYCAP) && matches!(last, '0'..='9' | '#' | '*')
        }),
        // Variation selectors of ideographs: personal names differ by them.
        '\u{fe00}'..='\u{fe0d}' | '\u{e0100}'..='\u{e01ef}' => {
            last.is_some_and(|last| CodePointSetData::new::<Ideographic>().contains(last))
        }
        _ => false,
    }
}

/// Whether a character is invisible or reorders the text around it.
fn is_hidden(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    matches!(
        category(c),
        GeneralCategory::Control
            | GeneralCategory::Format
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
    ) || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
        || is_noncharacter(c)
        // BRAILLE PATTERN BLANK: blank, although neither white space nor ignorable.
        || c == '\u{2800}'
}

/// Whether a character is trimmed from the ends: hidden, but no control character and no part of an emoji.
pub(super) fn is_unseen(c: char) -> bool {
    is_hidden(c) && !c.is_control() && !matches!(c, TEXT_STYLE | EMOJI_STYLE)
}

/// U+FDD0 to U+FDEF and the last two code points of each plane (Unicode §23.7).
fn is_noncharacter(c: char) -> bool {
    matches!(c, '\u{fdd0}'..='\u{fdef}') || u32::from(c) & 0xfffe == 0xfffe
}

fn category(c: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(c)
}

fn is_of_word(c: char) -> bool {
    use GeneralCategory::{EnclosingMark, NonspacingMark, SpacingMark};
    c.is_alphabetic() || !is_hidden(c) && matches!(category(c), NonspacingMark | SpacingMark | EnclosingMark)
}

fn ends_emoji(c: char) -> bool {
    c == EMOJI_STYLE || is_pictographic(c) || matches!(c, '\u{1f3fb}'..='\u{1f3ff}')
}

fn is_pictographic(c: char) -> bool {
    CodePointSetData::new::<ExtendedPictographic>().contains(c)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Code points of hidden characters, one of each kind.
    const HIDDEN: [char; 34] = [
        '\0',
        '\u{7}',
        '\u{1b}',
        '\u{7f}',
        '\u{85}',
        '\u{ad}',
        '\u{34f}',
        '\u{61c}',
        '\u{115f}',
        '\u{1160}',
        '\u{17b4}',
        '\u{180b}',
        '\u{180e}',
        '\u{200b}',
        '\u{200e}',
        '\u{200f}',
        '\u{2028}',
        '\u{2029}',
        '\u{202a}',
        '\u{202e}',
        '\u{2060}',
        '\u{2064}',
        '\u{2066}',
        '\u{2069}',
        '\u{206f}',
        '\u{2800}',
        '\u{3164}',
        '\u{feff}',
        '\u{ffa0}',
        '\u{fff9}',
        '\u{fffe}',
        '\u{fdd0}',
        '\u{1d173}',
        '\u{e0041}',
    ];

    #[test]
    fn a_name_contains_no_hidden_or_reordering_character() {
        for hidden in HIDDEN {
            let name = format!("Or{hidden}ders");
            assert!(!is_clean(&name), "U+{:04X}", u32::from(hidden));
            let blank = if hidden.is_whitespace() { " " } else { "" };
            assert_eq!(cleaned(&name), format!("Or{blank}ders"), "U+{:04X}", u32::from(hidden));
            assert_eq!(cleaned(&format!("{hidden} {hidden}")), "", "U+{:04X}", u32::from(hidden));
        }
        assert_eq!(cleaned(" a\t\r\nb\u{2029}c "), "a b c");
    }

    #[test]
    fn joiners_within_words_and_emoji_are_kept() {
        for name in [
            "Замовлення «Гачок» №1",
            "می\u{200c}خواهم",
            "क\u{94d}\u{200d}ष",
            "👩\u{200d}💻 Support",
            "❤\u{fe0f} Kyiv",
            "👩🏽\u{200d}🚒",
            "🏳\u{fe0f}\u{200d}🌈",
            "1\u{fe0f}\u{20e3} first",
            "葛\u{e0100}",
            "🇺🇦",
            "e\u{301}",
            "a\u{a0}b",
        ] {
            assert!(is_clean(name), "{name:?}");
            assert_eq!(cleaned(name), name, "{name:?}");
        }
        for (text, expected) in [
            ("a\u{200d}", "a"),
            ("\u{200c}a", "a"),
            ("a \u{200c}b", "a b"),
            ("a\u{200d}\u{200d}b", "a\u{200d}b"),
            ("a\u{fe0f}b", "ab"),
            ("1\u{fe0f}", "1"),
            ("❤\u{fe0f}\u{fe0f}", "❤\u{fe0f}"),
            ("🏴\u{e0067}\u{e007f}", "🏴"),
        ] {
            assert!(!is_clean(text), "{text:?}");
            assert_eq!(cleaned(text), expected, "{text:?}");
        }
    }

    #[test]
    fn only_a_right_to_left_name_is_isolated() {
        for name in ["Orders", "Замовлення", "№1 👩\u{200d}💻", ""] {
            assert_eq!(isolated(name), name);
        }
        for name in ["הזמנות", "طلبات", "Shop שלום"] {
            assert_eq!(isolated(name), format!("\u{2068}{name}\u{2069}"));
        }
    }

    #[test]
    fn a_cut_name_ends_with_a_visible_character() {
        assert_eq!(cleaned_to("👩\u{200d}💻", 2), "👩");
        assert_eq!(cleaned_to("a bc", 2), "a");
        assert_eq!(cleaned_to(&"я".repeat(121), 120), "я".repeat(120));
    }

    #[test]
    fn hidden_characters_around_a_pasted_text_are_trimmed() {
        for around in ["\u{200b}", "\u{feff}", "\u{a0}", "\u{2060}", "\u{200e}", "\u{ad}", " \u{feff}\t", "\u{3164}"] {
            assert_eq!(trimmed(&format!("{around}a{around}b{around}")), format!("a{around}b"), "{around:?}");
        }
        assert_eq!(trimmed("a\0"), "a\0");
        assert_eq!(trimmed_password("\u{feff} a \u{a0}\u{200b}"), " a ");
        assert_eq!(trimmed_password("пароль ❤\u{fe0f}"), "пароль ❤\u{fe0f}");
        assert_eq!(trimmed_password("a\n"), "a\n");
    }

    proptest! {
        #[test]
        fn cleaned_text_is_clean_and_stays_so(text in r"(\PC|\p{C}|[\u{200c}\u{200d}\u{fe0f}❤👩a1]){0,24}") {
            let clean = cleaned(&text);
            prop_assert!(is_clean(&clean), "{:?}", clean);
            prop_assert_eq!(cleaned(&clean), clean.clone());
            if is_clean(&text) {
                prop_assert_eq!(text.trim(), clean);
            }
        }
    }
}
