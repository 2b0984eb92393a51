//! The terms of `docs/reference/terms.md`: labels in both languages, and words that no message holds.

use std::collections::BTreeMap;

use fluent_syntax::ast::{Entry, Expression, Pattern, PatternElement};

use super::files;

/// A row of a table of labels.
struct Label {
    id: String,
    texts: [String; 2],
    source: String,
}

/// A row of the table of words that are not used.
struct Unused {
    term: String,
    forms: [Vec<String>; 2],
}

const LOCALES: [&str; 2] = ["locales/en", "locales/uk"];

#[test]
fn both_languages_use_the_labels_of_the_table() {
    let labels = labels();
    assert!(labels.len() > 100, "{}", labels.len());
    for (locale, folder) in LOCALES.iter().enumerate() {
        let messages = messages(folder);
        for label in &labels {
            let text = messages.get(&label.id).map(|text| text.replace('\u{a0}', " "));
            assert_eq!(text.as_deref(), Some(label.texts[locale].as_str()), "{folder}: {}", label.id);
        }
    }
}

#[test]
fn no_message_holds_a_word_that_is_not_used() {
    let exempt: Vec<String> = labels().into_iter().filter(|label| label.source == "N").map(|label| label.id).collect();
    let table = unused();
    assert!(table.len() > 10, "{}", table.len());
    let mut faults = Vec::new();
    for (locale, folder) in LOCALES.iter().enumerate() {
        for (id, text) in messages(folder).iter().filter(|(id, _)| !exempt.contains(id)) {
            let text = text.replace('\u{a0}', " ").to_lowercase();
            for row in &table {
                for form in row.forms[locale].iter().filter(|form| holds(&text, form)) {
                    faults.push(format!("{folder}: {id}: {form} → {}", row.term));
                }
            }
        }
    }
    assert!(faults.is_empty(), "docs/reference/terms.md:\n{}", faults.join("\n"));
}

#[test]
fn a_form_is_a_whole_word_unless_it_ends_with_an_ellipsis() {
    assert!(holds("the old key ends", "old key") && !holds("the bold keys", "old key"));
    assert!(holds("вибрані скриньки", "скриньк…") && !holds("перескринька", "скриньк…"));
    assert!(!holds("reanswer", "answer…") && holds("it answered", "answer…"));
}

/// Whether the words of `form` are in `text`, from the beginning of a word; to the end of one unless it ends with `…`.
fn holds(text: &str, form: &str) -> bool {
    let (words, open) = form.strip_suffix('…').map_or((form, false), |words| (words, true));
    let letter = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == 'ʼ');
    text.match_indices(words).any(|(start, _)| {
        let (before, after) = (&text[..start], &text[start + words.len()..]);
        !letter(before.chars().next_back()) && (open || !letter(after.chars().next()))
    })
}

/// The cells of the rows of a Markdown table below the heading, without its head.
fn rows(heading: &str, end: &str) -> Vec<Vec<String>> {
    let (_, text) = files("docs/reference", "terms.md").pop().expect("the document");
    let part = text.split(heading).nth(1).expect("the heading").split(end).next().unwrap_or_default();
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let is_row = |line: &&str| line.starts_with("| ") && !line.starts_with("| Message") && !line.starts_with("| Thing");
    part.lines().filter(is_row).map(cells).collect()
}

fn labels() -> Vec<Label> {
    let label = |row: Vec<String>| {
        let [id, english, ukrainian, source] = row.try_into().expect("four cells");
        Label { id: id.trim_matches('`').to_owned(), texts: [english, ukrainian], source }
    };
    rows("## Labels\n", "\n## ").into_iter().map(label).collect()
}

fn unused() -> Vec<Unused> {
    let forms = |cell: &str| cell.split('`').skip(1).step_by(2).map(ToOwned::to_owned).collect();
    let row = |row: Vec<String>| {
        let [thing, _, english, _, ukrainian] = row.try_into().expect("five cells");
        Unused { term: thing, forms: [forms(&english), forms(&ukrainian)] }
    };
    rows("## Words that are not used\n", "\n## ").into_iter().map(row).collect()
}

/// The texts of all messages by id; those of a choice one after the other.
pub fn messages(folder: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (path, text) in files(folder, ".ftl") {
        let resource = fluent_syntax::parser::parse(text).unwrap_or_else(|(_, errors)| panic!("{path}: {errors:?}"));
        for entry in resource.body {
            if let Entry::Message(message) = entry {
                let text = message.value.map(|pattern| shown(&pattern)).unwrap_or_default();
                found.insert(message.id.name, text);
            }
        }
    }
    found
}

/// The text of a pattern, with `{ $name }` where a value goes.
fn shown(pattern: &Pattern<String>) -> String {
    let element = |element: &PatternElement<String>| match element {
        PatternElement::TextElement { value } => value.clone(),
        PatternElement::Placeable { expression: Expression::Select { variants, .. } } => {
            variants.iter().map(|variant| shown(&variant.value)).collect::<Vec<_>>().join("\n")
        }
        PatternElement::Placeable { expression: Expression::Inline(inline) } => match inline {
            fluent_syntax::ast::InlineExpression::VariableReference { id } => format!("{{ ${} }}", id.name),
            fluent_syntax::ast::InlineExpression::MessageReference { id, .. } => format!("{{ {} }}", id.name),
            other => format!("{other:?}"),
        },
    };
    pattern.elements.iter().map(element).collect()
}
