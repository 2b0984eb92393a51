//! Spaces, quotation marks, dashes and apostrophes in the messages of both languages.

use super::terms::messages;

const NO_BREAK_SPACE: char = '\u{a0}';

/// Variables that hold a number.
const NUMBERS: [&str; 5] = ["{ $n }", "{ $max }", "{ $days }", "{ $amount }", "{ $seconds }"];

/// English units, which a no-break space joins to their number.
const UNITS: [&str; 8] = ["ms", "s", "min", "h", "B", "KiB", "MiB", "GiB"];

/// Ukrainian words that do not belong to a number before them.
const UNBOUND: [&str; 10] = ["і", "й", "та", "або", "чи", "з", "із", "за", "до", "від"];

#[test]
fn an_english_unit_is_joined_to_its_number() {
    for (id, text) in messages("locales/en") {
        for (number, word) in words_after_numbers(&text) {
            assert!(!UNITS.contains(&word.as_str()), "{id}: {number:?} {word:?}: put U+00A0 between them");
        }
    }
}

#[test]
fn a_ukrainian_word_is_joined_to_the_number_before_it() {
    for (id, text) in messages("locales/uk") {
        for (number, word) in words_after_numbers(&text) {
            let is_word = word.chars().all(|c| ('\u{400}'..='\u{4ff}').contains(&c) || c == 'ʼ');
            let bound = is_word && !word.is_empty() && !UNBOUND.contains(&word.as_str());
            assert!(!bound, "{id}: {number:?} {word:?}: put U+00A0 between them");
        }
    }
}

#[test]
fn ukrainian_numbers_are_grouped_by_no_break_spaces() {
    for (id, text) in messages("locales/uk") {
        let groups = text.split(|c: char| !c.is_ascii_digit()).filter(|digits| digits.len() > 3);
        // A time in Unix seconds, HTTP ports and standards are identifiers.
        let plain: Vec<&str> = groups.filter(|digits| !["1795245760", "2020", "8601"].contains(digits)).collect();
        assert!(plain.is_empty() || id.starts_with("field_"), "{id}: {plain:?}: write 2\u{a0}048");
        assert!(!text.contains(char::is_numeric) || !digits_around_a_space(&text), "{id}: {text}");
    }
}

#[test]
fn a_ukrainian_dash_has_a_no_break_space_before_it() {
    for (id, text) in messages("locales/uk") {
        let before = text.match_indices('—').map(|(at, _)| text[..at].chars().next_back());
        for sign in before.flatten() {
            assert_eq!(sign, NO_BREAK_SPACE, "{id}: {text}");
        }
        assert!(!text.contains(" – "), "{id}: a dash between words is —: {text}");
    }
}

#[test]
fn english_has_curly_marks_and_no_em_dash() {
    for (id, text) in messages("locales/en") {
        assert!(!text.contains(['\'', '"', '«', '»', '—']), "{id}: {text}");
        // The seeds' texts about authorization.
        assert!(!text.contains(" – ") || id.starts_with("method_"), "{id}: {text}");
    }
}

#[test]
fn ukrainian_quotes_with_angles() {
    for (id, text) in messages("locales/uk") {
        assert!(!text.contains(['"', '\'', '’', '”', '‘']), "{id}: {text}");
        assert_eq!(text.matches('«').count(), text.matches('»').count(), "{id}: {text}");
    }
}

#[test]
fn an_ellipsis_is_one_sign_and_spaces_are_single() {
    for folder in ["locales/en", "locales/uk"] {
        for (id, text) in messages(folder) {
            assert!(!text.contains("...") && !text.contains("  "), "{folder}: {id}: {text}");
            assert!(
                !text.contains(&format!("{NO_BREAK_SPACE} ")) && !text.contains(&format!(" {NO_BREAK_SPACE}")),
                "{id}"
            );
        }
    }
}

#[test]
fn words_after_numbers_are_found() {
    let found = |text: &str| words_after_numbers(text);
    let pair = |number: &str, word: &str| (number.to_owned(), word.to_owned());
    assert_eq!(found("after 15 s, or { $n } min"), [pair("15", "s"), pair("{ $n }", "min")]);
    assert_eq!(found("24–64 байти в base64 і 2xx у час"), [pair("24–64", "байти")]);
    assert!(found("15\u{a0}с; версія 1.2.").is_empty());
}

/// Each number that a plain space separates from a word, with that word.
fn words_after_numbers(text: &str) -> Vec<(String, String)> {
    let squeezed = NUMBERS.iter().fold(text.to_owned(), |text, name| text.replace(name, &name.replace(' ', "\u{1}")));
    let words: Vec<&str> = squeezed.split([' ', '\n']).collect();
    let is_number = |word: &str| {
        let shown = word.replace('\u{1}', " ");
        let signs = word.trim_start_matches(['(', '«', '“']);
        NUMBERS.iter().any(|name| shown.ends_with(name))
            || (signs.starts_with(|c: char| c.is_ascii_digit())
                && signs.chars().all(|c| c.is_ascii_digit() || ",.–\u{a0}".contains(c))
                && signs.ends_with(|c: char| c.is_ascii_digit()))
    };
    let pairs = words.windows(2).filter(|pair| is_number(pair[0]));
    pairs
        .map(|pair| {
            let word: String = pair[1].chars().take_while(|c| c.is_alphanumeric() || *c == 'ʼ').collect();
            (pair[0].replace('\u{1}', " "), word)
        })
        .collect()
}

/// Two digits with a plain space between them, as in `2 048`.
fn digits_around_a_space(text: &str) -> bool {
    let signs: Vec<char> = text.chars().collect();
    signs.windows(5).any(|five| {
        let [before, space, rest @ ..] = five else { return false };
        before.is_ascii_digit() && *space == ' ' && rest.iter().all(char::is_ascii_digit)
    })
}
