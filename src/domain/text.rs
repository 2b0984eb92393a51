//! Text from outside: which characters a name may hold, and what is cut off a pasted secret.
//!
//! A name with characters that nobody sees, or that turn the text around them, reads as another name, in a list as in
//! the question before something is deleted (Unicode TR 36 §2.5 and §3.5). So a name holds neither control and format
//! characters nor blanks that are no blanks. Joiners stay within words, which some scripts spell with them, and what
//! makes one emoji or ideograph of several characters stays where it does so.

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

/// A name as it is kept when nobody is there to correct it: without hidden characters, a blank for each line break,
/// nothing around it. Empty if nothing of it can be seen.
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

/// A stored name as it is shown: an older version may have stored what is refused today. `None` if nothing of it can be
/// seen.
pub fn shown(stored: &str) -> Option<String> {
    Some(cleaned(stored)).filter(|name| !name.is_empty())
}

/// A name within a sentence, a title or an option, where no `<bdi>` may stand: one that is written from right to left
/// gets the marks that keep it from turning what is beside it (FIRST STRONG ISOLATE and POP DIRECTIONAL ISOLATE).
pub fn isolated(name: &str) -> Cow<'_, str> {
    let turns = |c: char| {
        let class = CodePointMapData::<BidiClass>::new();
        c >= '\u{590}' && matches!(class.get(c), BidiClass::RightToLeft | BidiClass::ArabicLetter)
    };
    if name.contains(turns) { format!("\u{2068}{name}\u{2069}").into() } else { name.into() }
}

/// The first `most` characters of [`cleaned`] text.
pub fn cleaned_to(text: &str, most: usize) -> String {
    let clean = cleaned(text);
    match clean.char_indices().nth(most) {
        // Cut within an emoji or a word, what joined the halves goes too.
        Some((end, _)) => cleaned(clean.get(..end).unwrap_or_default()),
        None => clean,
    }
}

/// No character of it is hidden.
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

/// Without blanks and hidden characters at either end, which come with text that is copied from a page or a document.
pub fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || is_unseen(c))
}

/// The same for a password, of which ordinary blanks may be a part.
pub fn trimmed_password(text: &str) -> &str {
    text.trim_matches(|c: char| c != ' ' && !c.is_control() && (c.is_whitespace() || is_unseen(c)))
}

/// Whether a name may hold `c` between what stays before it and what comes after it.
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
        // Which of its forms an ideograph has: names of people differ by it.
        '\u{fe00}'..='\u{fe0d}' | '\u{e0100}'..='\u{e01ef}' => {
            last.is_some_and(|last| CodePointSetData::new::<Ideographic>().contains(last))
        }
        _ => false,
    }
}

/// Nobody sees it, or it turns what is around it.
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
        // BRAILLE PATTERN BLANK: neither white space nor ignorable, and yet blank.
        || c == '\u{2800}'
}

/// What is cut off an end: hidden, but no control character and no part of an emoji.
pub(super) fn is_unseen(c: char) -> bool {
    is_hidden(c) && !c.is_control() && !matches!(c, TEXT_STYLE | EMOJI_STYLE)
}

/// U+FDD0 to U+FDEF and the last two of each plane (Unicode §23.7).
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

    /// Each by its code point, its Unicode name beside it.
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
    fn a_name_holds_no_character_that_is_hidden_or_turns_the_text() {
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
    fn what_is_part_of_a_word_or_an_emoji_stays() {
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
    fn only_a_name_from_right_to_left_is_isolated() {
        for name in ["Orders", "Замовлення", "№1 👩\u{200d}💻", ""] {
            assert_eq!(isolated(name), name);
        }
        for name in ["הזמנות", "طلبات", "Shop שלום"] {
            assert_eq!(isolated(name), format!("\u{2068}{name}\u{2069}"));
        }
    }

    #[test]
    fn a_cut_name_ends_with_something_that_is_seen() {
        assert_eq!(cleaned_to("👩\u{200d}💻", 2), "👩");
        assert_eq!(cleaned_to("a bc", 2), "a");
        assert_eq!(cleaned_to(&"я".repeat(121), 120), "я".repeat(120));
    }

    #[test]
    fn what_comes_with_a_pasted_text_is_cut_off() {
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
