use std::collections::{BTreeMap, BTreeSet};

use super::files;

/// Names and terms that are the same in every language.
const SAME_EVERYWHERE: [&str; 30] = [
    "Hachok",
    "URL",
    "HTTP",
    "HTTPS",
    "HMAC-SHA256",
    "JSON",
    "None",
    "Bearer",
    "Basic",
    "Custom",
    "English",
    "Українська",
    "en",
    "uk",
    "POST",
    "GET",
    "UTC",
    "API",
    "cURL",
    "ms",
    "IP",
    "whsec_",
    "v1,",
    "webhook_test",
    "hk_",
    "evt_",
    "dlv_",
    "SHA-256",
    "SQLite",
    "PostgreSQL",
];

#[test]
fn texts_are_in_the_locales_not_in_the_templates() {
    for (path, text) in files("templates", ".html") {
        for node in text_nodes(&text) {
            let left: String = node.split_whitespace().filter(|word| !names_a_header(word)).collect();
            let left = SAME_EVERYWHERE.iter().fold(left, |left, word| left.replace(word, ""));
            assert!(!left.chars().any(char::is_alphabetic), "{path}: {node:?}");
        }
    }
}

#[test]
fn visible_attributes_come_from_the_locales_too() {
    for (path, text) in files("templates", ".html") {
        for attribute in ["aria-label", "title", "placeholder", "alt"] {
            for rest in text.split(&format!(" {attribute}=\"")).skip(1) {
                let value = rest.split('"').next().unwrap_or_default();
                let plain = outside(value, "{{", "}}");
                let plain = outside(&plain, "{%", "%}");
                let example = value.starts_with("X-") || value.starts_with("https://");
                assert!(example || !plain.chars().any(char::is_alphabetic), "{path}: {attribute}={value:?}");
            }
        }
    }
}

#[test]
fn templates_escape_everything_and_have_no_inline_script_or_style() {
    for (path, text) in files("templates", ".html") {
        let squeezed: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        assert!(!squeezed.contains("|safe"), "{path}");
        for inline in [" style=", " onclick=", " onchange=", " oninput=", " hx-on", "javascript:", "<style"] {
            assert!(!text.contains(inline), "{path}: {inline}");
        }
        for script in text.split("<script").skip(1) {
            assert!(script.split('>').next().is_some_and(|tag| tag.contains(" src=")), "{path}: <script{script:.60}");
        }
    }
}

#[test]
fn every_class_of_the_style_sheet_is_used() {
    let sources = [("templates", ".html"), ("src/views", ".rs"), ("static", "app.js")];
    let used: String =
        sources.iter().flat_map(|(folder, ending)| files(folder, ending)).map(|(_, text)| text).collect();
    let words: BTreeSet<&str> = used.split(|c: char| !is_name(c)).collect();
    for (path, text) in files("static", "app.css") {
        let selectors = text.lines().filter(|line| line.ends_with(['{', ',']) || line.contains(" { "));
        for selector in selectors.filter_map(|line| line.split(" {").next()).filter(|line| !line.contains('@')) {
            for class in selector.split('.').skip(1).filter_map(|rest| rest.split(|c: char| !is_name(c)).next()) {
                // htmx sets its classes itself.
                assert!(words.contains(class) || class.starts_with("htmx-"), "{path}: {class}");
            }
        }
    }
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

#[test]
fn both_languages_have_the_same_messages_with_the_same_variables() {
    let (en, uk) = (messages("locales/en"), messages("locales/uk"));
    assert!(!en.is_empty());
    for (id, variables) in &en {
        assert_eq!(uk.get(id), Some(variables), "{id}");
    }
    assert_eq!(en.len(), uk.len(), "{:?}", uk.keys().filter(|id| !en.contains_key(*id)).collect::<Vec<_>>());
}

#[test]
fn ukrainian_uses_its_apostrophe_and_plural_forms() {
    for (path, text) in files("locales/uk", ".ftl") {
        let letters: Vec<char> = text.chars().collect();
        for three in letters.windows(3) {
            let between = matches!(three[1], '\'' | '’');
            let ukrainian = |c: char| ('\u{400}'..='\u{4ff}').contains(&c);
            assert!(!(between && ukrainian(three[0]) && ukrainian(three[2])), "{path}: {three:?}");
        }
        for plural in text.split("->").skip(1) {
            let choice = plural.split('}').next().unwrap_or_default();
            let body = plural.split("\n}").next().unwrap_or(choice);
            if body.contains("[one]") {
                for form in ["[one]", "[few]", "[many]", "*[other]"] {
                    assert!(body.contains(form), "{path}: {form} in {body}");
                }
            }
        }
    }
}

/// Whether it is a name such as `content-type` or `application/json`, which is not translated.
fn names_a_header(word: &str) -> bool {
    let joined = word.contains(['-', '/']) && word.chars().all(|c| c.is_ascii_lowercase() || "-/".contains(c));
    joined || word == "authorization"
}

/// The texts between tags, without comments and askama's tags.
fn text_nodes(template: &str) -> Vec<String> {
    let text = outside(template, "{#", "#}");
    let text = without_attributes_of_fields(&text);
    let text = outside(&text, "{%", "%}");
    let text = outside(&text, "{{", "}}");
    let text = outside(&text, "<!--", "-->");
    // A program is the same in every language; its element is marked so.
    let text = without_programs(&text);
    let text = outside(&text, "<", ">");
    let entities = ["&nbsp;", "&amp;", "&lt;", "&gt;", "&quot;", "&hellip;", "&mdash;", "&middot;", "&times;"];
    let text = entities.iter().fold(text, |text, entity| text.replace(entity, " "));
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(ToOwned::to_owned).collect()
}

/// The text without what calls of the macro `field` hold: attributes, as inside a tag.
fn without_attributes_of_fields(text: &str) -> String {
    let mut parts = text.split("call c::field(");
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (arguments, rest) = part.split_once("%}").unwrap_or_default();
        kept.push_str(arguments);
        kept.push_str("%}{%");
        kept.push_str(rest.split_once("endcall").map_or("", |(_, after)| after));
    }
    kept
}

/// The text without the contents of `<pre … lang="en">`.
fn without_programs(text: &str) -> String {
    let mut parts = text.split("<pre");
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (tag, rest) = part.split_once('>').unwrap_or_default();
        let program = tag.contains("lang=\"en\"");
        kept.push_str(if program { rest.split_once("</pre>").map_or("", |(_, after)| after) } else { rest });
    }
    kept
}

/// The text without the parts from `open` to `close`.
fn outside(text: &str, open: &str, close: &str) -> String {
    let mut parts = text.split(open);
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        // Keeps the line break, so that two texts are not joined.
        kept.push('\n');
        kept.push_str(part.split_once(close).map_or("", |(_, after)| after));
    }
    kept
}

fn messages(folder: &str) -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::new();
    for (path, text) in files(folder, ".ftl") {
        let resource =
            fluent_syntax::parser::parse(text.as_str()).unwrap_or_else(|(_, errors)| panic!("{path}: {errors:?}"));
        for entry in &resource.body {
            if let fluent_syntax::ast::Entry::Message(message) = entry {
                let mut one = String::new();
                let whole =
                    fluent_syntax::ast::Resource { body: vec![fluent_syntax::ast::Entry::Message(message.clone())] };
                one.push_str(&fluent_syntax::serializer::serialize(&whole));
                let name = |part: &str| part.chars().take_while(|c| c.is_alphanumeric() || "-_".contains(*c)).collect();
                let mut variables: Vec<String> = one.split('$').skip(1).map(name).collect();
                variables.sort();
                variables.dedup();
                assert!(
                    found.insert(message.id.name.to_owned(), variables).is_none(),
                    "{path}: {} twice",
                    message.id.name
                );
            }
        }
    }
    found
}
