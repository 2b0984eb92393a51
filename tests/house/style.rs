//! The words that `docs/STYLE.md` refuses in comments and doc lines.

use std::path::Path;

use super::files;

/// The folders of Rust source; `build.rs` is a single file.
const RUST: [&str; 4] = ["src", "tests", "benches", "fuzz"];

/// The maximum of refused words: people do not remember a longer list.
const WORDS_MAX: usize = 15;

/// A row of the table in `docs/STYLE.md`: the forms of a refused word, and what to write instead.
struct Word {
    forms: Vec<String>,
    instead: String,
}

#[test]
fn comments_hold_no_refused_word() {
    let words = words();
    let faults: Vec<String> = comments()
        .into_iter()
        .flat_map(|(path, line, text)| {
            refused(&words, &text).into_iter().map(move |(form, instead)| format!("{path}:{line}: {form} → {instead}"))
        })
        .collect();
    assert!(faults.is_empty(), "words that docs/STYLE.md refuses:\n{}", faults.join("\n"));
}

#[test]
fn the_style_guide_refuses_at_most_fifteen_words_each_with_a_replacement() {
    let words = words();
    assert!((1..=WORDS_MAX).contains(&words.len()), "{}", words.len());
    for word in words {
        assert!(!word.forms.is_empty() && !word.instead.is_empty(), "{:?}", word.forms);
    }
}

#[test]
fn comments_are_separated_from_strings_and_code() {
    let source = r####"
        /// A doc line.
        fn stands<'a>(quote: char) { // trailing
            let url = "https://example.com // no comment \" still none";
            let raw = r#"/* none " either */"#;
            let (quotes, byte) = (['"', '\'', '\\'], b'"');
            /* a block
               /* with another */ inside */
        }
    "####;
    let found: Vec<(usize, String)> = rust_comments(source);
    let found: Vec<(usize, &str)> = found.iter().map(|(line, text)| (*line, text.trim())).collect();
    assert_eq!(
        found,
        [(2, "/// A doc line."), (3, "// trailing"), (7, "/* a block"), (8, "/* with another */ inside */"),]
    );
    let template = "<p>\n{# one\ntwo #}{{ value }}<!-- three -->";
    let found: Vec<(usize, String)> = template_comments(template);
    assert_eq!(found, [(2, "{# one".into()), (3, "two #}".into()), (3, "<!-- three -->".into())]);
}

#[test]
fn only_whole_words_outside_code_spans_are_refused() {
    let words = [Word { forms: vec!["stand".into(), "is none".into()], instead: "be".into() }];
    let forms = |text| refused(&words, text).into_iter().map(|(form, _)| form).collect::<Vec<_>>();
    assert_eq!(forms("It may Stand here."), ["stand"]);
    assert_eq!(forms("There is none, and they stand."), ["stand", "is none"]);
    assert!(forms("standard, understand, `stand`, this none").is_empty());
}

/// The refused forms in a comment, outside `code spans`, each with its replacement.
fn refused(words: &[Word], comment: &str) -> Vec<(String, String)> {
    let prose: String = comment.split('`').step_by(2).collect::<Vec<_>>().join("`").to_lowercase();
    let found = words.iter().flat_map(|word| word.forms.iter().map(|form| (form, &word.instead)));
    let found = found.filter(|(form, _)| holds(&prose, form));
    found.map(|(form, instead)| (form.clone(), instead.clone())).collect()
}

/// Whether `text` holds `words` with no letter, digit or underscore before or after.
fn holds(text: &str, words: &str) -> bool {
    let joins = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    text.match_indices(words).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + words.len()..]);
        !joins(before.chars().next_back()) && !joins(after.chars().next())
    })
}

/// Rows of the table under "Words not to use" in `docs/STYLE.md`: its first column holds the forms in code spans.
fn words() -> Vec<Word> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/STYLE.md");
    let text = std::fs::read_to_string(path).expect("docs/STYLE.md");
    let (_, part) = text.split_once("### Words not to use").expect("the heading");
    let part = part.split("\n#").next().unwrap_or_default();
    let rows = part.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        Word {
            forms: cells[0].split('`').skip(1).step_by(2).map(ToOwned::to_owned).collect(),
            instead: cells[1].to_owned(),
        }
    })
    .collect()
}

/// Every line of a comment: path, line number, text.
fn comments() -> Vec<(String, usize, String)> {
    let mut found = Vec::new();
    let rust = RUST.iter().flat_map(|folder| files(folder, ".rs")).chain(build_script());
    for (path, text) in rust {
        found.extend(rust_comments(&text).into_iter().map(|(line, text)| (path.clone(), line, text)));
    }
    for (path, text) in files("templates", "") {
        found.extend(template_comments(&text).into_iter().map(|(line, text)| (path.clone(), line, text)));
    }
    found
}

fn build_script() -> Option<(String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("build.rs");
    std::fs::read_to_string(path).ok().map(|text| ("build.rs".to_owned(), text))
}

/// The lines of the comments of a Rust file, with their numbers. Strings, raw strings and characters are skipped.
fn rust_comments(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let (mut rest, mut line) = (text, 1);
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block_length(rest)
        } else if first == '"' {
            string_length(rest)
        } else if first == '\'' {
            character_length(rest)
        } else if first.is_alphanumeric() || first == '_' {
            // A word as a whole, so that the `r` of a raw string is found only at its beginning.
            raw_length(rest).unwrap_or_else(|| word_length(rest))
        } else {
            first.len_utf8()
        };
        let (piece, after) = rest.split_at(length);
        if piece.starts_with("//") || piece.starts_with("/*") {
            found.extend(piece.lines().enumerate().map(|(at, text)| (line + at, text.to_owned())));
        }
        line += piece.matches('\n').count();
        rest = after;
    }
    found
}

/// The lines of `{# … #}` and `<!-- … -->`, with their numbers.
fn template_comments(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let (mut rest, mut line) = (text, 1);
    while let Some(first) = rest.chars().next() {
        let end = [("{#", "#}"), ("<!--", "-->")].into_iter().find(|(open, _)| rest.starts_with(open));
        let length =
            end.map_or(first.len_utf8(), |(_, close)| rest.find(close).map_or(rest.len(), |at| at + close.len()));
        let (piece, after) = rest.split_at(length);
        if end.is_some() {
            found.extend(piece.lines().enumerate().map(|(at, text)| (line + at, text.to_owned())));
        }
        line += piece.matches('\n').count();
        rest = after;
    }
    found
}

fn word_length(text: &str) -> usize {
    text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len())
}

/// The length of a string with its quotes.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of `r"…"`, `r#"…"#`, `br#"…"#`; `None` if the text begins with no such string.
fn raw_length(text: &str) -> Option<usize> {
    let after = ["r", "br", "cr"].iter().find_map(|mark| text.strip_prefix(mark))?;
    let hashes: String = after.chars().take_while(|c| *c == '#').collect();
    let body = after[hashes.len()..].strip_prefix('"')?;
    let end = format!("\"{hashes}");
    Some(text.len() - body.len() + body.find(&end).map_or(body.len(), |at| at + end.len()))
}

/// The length of a character literal; 1 for the quote of a lifetime.
fn character_length(text: &str) -> usize {
    let mut inside = text.chars().skip(1);
    match (inside.next(), inside.next()) {
        (Some('\\'), Some(escape)) => {
            let begin = 2 + escape.len_utf8();
            text[begin..].find('\'').map_or(1, |at| begin + at + 1)
        }
        (Some(c), Some('\'')) => 2 + c.len_utf8(),
        _ => 1,
    }
}

/// The length of a block comment with those inside it.
fn block_length(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        if text[at..].starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if text[at..].starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}
