//! The links and paths in the documents exist.
//!
//! A code span such as `src/app.rs::start` names an item of a file; the file has to declare it.

use std::path::{Path, PathBuf};

use super::files;

/// Documents outside `docs/`.
const OTHER_DOCUMENTS: [&str; 6] =
    ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "tests/README.md", "benches/README.md"];

/// A code span that begins like this is a path of the repository.
const FOLDERS: [&str; 12] = [
    "src/",
    "tests/",
    "benches/",
    "docs/",
    "templates/",
    "locales/",
    "migrations/",
    "static/",
    "fuzz/",
    "packaging/",
    ".github/",
    ".ci/",
];

#[test]
fn every_relative_link_leads_to_a_file_and_a_heading() {
    let mut missing = Vec::new();
    for (path, text) in documents() {
        let folder = root().join(&path).parent().expect("a folder").to_owned();
        for link in links(&text).filter(|link| !link.contains("://") && !link.starts_with("mailto:")) {
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { root().join(&path) } else { folder.join(file) };
            let good = target.exists() && (heading.is_empty() || headings(&target).iter().any(|slug| slug == heading));
            if !good {
                missing.push(format!("{path}: {link}"));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn every_path_and_every_item_in_code_exists() {
    let ignored = std::fs::read_to_string(root().join(".gitignore")).expect(".gitignore");
    let ignored: Vec<&str> = ignored.lines().map(|line| line.trim_start_matches('/')).collect();
    let mut missing = Vec::new();
    for (path, text) in documents() {
        for named in named(&text) {
            let made_by_running = ignored.iter().any(|ignored| named.path.starts_with(ignored));
            let file = root().join(&named.path);
            let declared = named.item.as_deref().is_none_or(|item| declares(&file, item));
            let exists = file.exists() && declared;
            if !made_by_running && !exists {
                missing.push(format!("{path}: {} {}", named.path, named.item.unwrap_or_default()));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn every_document_that_code_names_exists() {
    let mut missing = Vec::new();
    for (path, text) in ["src", "tests", "benches", "fuzz"].iter().flat_map(|folder| files(folder, ".rs")) {
        let words = text.lines().filter(|line| line.trim_start().starts_with("//")).flat_map(|line| {
            line.split(|c: char| !(c.is_ascii_alphanumeric() || "/._-".contains(c))).map(|word| word.trim_matches('.'))
        });
        for word in words.filter(|word| word.ends_with(".md")) {
            if !root().join(word).exists() {
                missing.push(format!("{path}: {word}"));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn the_index_of_each_folder_of_documents_names_all_its_pages() {
    for index in documents().iter().filter(|(path, _)| path.starts_with("docs/") && path.ends_with("/README.md")) {
        let folder = index.0.trim_end_matches("README.md");
        for (path, _) in documents() {
            let page = path.strip_prefix(folder).filter(|page| !page.contains('/') && *page != "README.md");
            if let Some(page) = page {
                assert!(index.1.contains(&format!("({page})")), "{} has no link to {page}", index.0);
            }
        }
    }
}

#[test]
fn links_paths_and_headings_are_found() {
    let text = "See [a](b.md#c-d) and ![e](f.png), `src/x.rs::y`, `tests/run --all` and `src/<room>/y.rs`.\n\
                ```sh\ncat `src/none` [x](y)\n```\n`cargo test`";
    assert_eq!(links(text).collect::<Vec<_>>(), ["b.md#c-d", "f.png"]);
    let found: Vec<_> = named(text).into_iter().map(|named| (named.path, named.item)).collect();
    assert_eq!(found, [("src/x.rs".into(), Some("y".into())), ("tests/run".into(), None), ("src/".into(), None)]);
    let here = root().join("tests/house/links.rs");
    assert!(declares(&here, "declares") && declares(&here, "FOLDERS") && declares(&here, "Named"));
    assert!(!declares(&here, "declare") && !declares(&here, "gone"));
    assert_eq!(slug("How to add an *event*, in `src/`"), "how-to-add-an-event-in-src");
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All documents that exist, by path.
fn documents() -> Vec<(String, String)> {
    let read = |path: &str| std::fs::read_to_string(root().join(path)).ok().map(|text| (path.to_owned(), text));
    files("docs", ".md").into_iter().chain(OTHER_DOCUMENTS.iter().filter_map(|path| read(path))).collect()
}

/// The targets of `[…](…)` and `![…](…)` outside code blocks.
fn links(text: &str) -> impl Iterator<Item = &str> {
    prose(text).flat_map(|part| part.split("](").skip(1)).filter_map(|rest| rest.split_once(')')).map(|(to, _)| to)
}

/// The parts of a document between its code blocks.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    text.split("```").step_by(2)
}

/// A path in a document, and the item of that file if one is named.
struct Named {
    path: String,
    item: Option<String>,
}

/// Paths of the repository in code spans: the first word of a command. Of a path with a placeholder (`<room>`, `*`, `…`)
/// the folder before it.
fn named(text: &str) -> Vec<Named> {
    let spans = prose(text).flat_map(|part| part.split('`').skip(1).step_by(2));
    let spans = spans.filter(|span| FOLDERS.iter().any(|folder| span.starts_with(folder)));
    let words = spans.filter_map(|span| span.split([' ', '#', '\n']).next());
    words
        .map(|word| {
            let (path, item) = word.split_once("::").map_or((word, None), |(path, item)| (path, Some(item.to_owned())));
            let path = match path.find(['<', '*', '…', '{']) {
                Some(at) => path[..at].rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/")),
                None => path.to_owned(),
            };
            Named { path, item }
        })
        .collect()
}

/// Whether the file declares a function, type, constant or module of that name.
fn declares(file: &Path, item: &str) -> bool {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let ends = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    ["fn ", "struct ", "enum ", "trait ", "const ", "type ", "mod ", "macro_rules! "]
        .iter()
        .any(|kind| text.match_indices(&format!("{kind}{item}")).any(|(at, found)| ends(&text[at + found.len()..])))
}

/// The anchors that a forge gives the headings of a document.
fn headings(path: &PathBuf) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let lines: Vec<String> = prose(&text).flat_map(str::lines).map(ToOwned::to_owned).collect();
    lines.iter().filter(|line| line.starts_with('#')).map(|line| slug(line.trim_start_matches('#'))).collect()
}

/// Lower case, blanks as `-`, other signs left out.
fn slug(heading: &str) -> String {
    let kept = |c: char| match c {
        ' ' => Some('-'),
        '-' | '_' => Some(c),
        _ if c.is_alphanumeric() => Some(c.to_ascii_lowercase()),
        _ => None,
    };
    heading.trim().chars().filter_map(kept).collect()
}
