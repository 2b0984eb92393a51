//! Links and paths in the documents lead somewhere.

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
fn every_path_in_code_exists() {
    let ignored = std::fs::read_to_string(root().join(".gitignore")).expect(".gitignore");
    let ignored: Vec<&str> = ignored.lines().map(|line| line.trim_start_matches('/')).collect();
    let mut missing = Vec::new();
    for (path, text) in documents() {
        for named in paths(&text) {
            let made_by_running = ignored.iter().any(|ignored| named.starts_with(ignored));
            if !made_by_running && !root().join(&named).exists() {
                missing.push(format!("{path}: {named}"));
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
    let text = "See [a](b.md#c-d) and ![e](f.png), `src/x.rs:12`, `tests/run --all` and `src/<room>/y.rs`.\n\
                ```sh\ncat `src/none` [x](y)\n```\n`cargo test`";
    assert_eq!(links(text).collect::<Vec<_>>(), ["b.md#c-d", "f.png"]);
    assert_eq!(paths(text), ["src/x.rs", "tests/run", "src/"]);
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

/// Paths of the repository in code spans: the first word of a command, without a line number. Of a path with a
/// placeholder (`<room>`, `*`, `…`) the folder before it.
fn paths(text: &str) -> Vec<String> {
    let spans = prose(text).flat_map(|part| part.split('`').skip(1).step_by(2));
    let named = spans.filter(|span| FOLDERS.iter().any(|folder| span.starts_with(folder)));
    let named = named.filter_map(|span| span.split([' ', ':', '#', '\n']).next());
    named
        .map(|path| match path.find(['<', '*', '…', '{']) {
            Some(at) => path[..at].rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/")),
            None => path.to_owned(),
        })
        .collect()
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
