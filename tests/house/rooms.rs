use std::collections::BTreeSet;

use super::files;

/// A room of `src/`, the rooms that it may import, and the areas of external crates that it may import. The picture is
/// in docs/ARCHITECTURE.md; a part of a room may have its own rule.
const ROOMS: [(&str, &[&str], &[&str]); 31] = [
    ("domain", &["domain"], &[]),
    ("clock", &["domain", "clock", "fault_injection"], &[]),
    ("command_error", &[], &[]),
    ("fault_injection", &[], &[]),
    ("logging", &["config", "logging"], &[]),
    ("private_files", &["clock"], &[]),
    ("supervisor", &["supervisor"], &[]),
    ("version", &[], &[]),
    ("liveness", &[], &[]),
    ("service_manager", &[], &[]),
    ("password", &["clock", "password"], &[]),
    ("assets", &["domain", "assets"], &[]),
    ("config", &["domain", "config", "private_files"], &[]),
    ("db", &["domain", "clock", "db", "private_files", "fault_injection"], &["diesel"]),
    ("i18n", &["domain", "i18n"], &["fluent"]),
    ("forms", &["domain", "forms"], &[]),
    ("views", &["domain", "forms", "i18n", "views", "assets"], &["askama"]),
    ("delivery/network", &["domain", "clock", "delivery", "fault_injection"], &["reqwest"]),
    ("delivery/policy", &["domain", "delivery", "fault_injection"], &[]),
    ("delivery", &["domain", "clock", "db", "delivery", "fault_injection", "liveness", "supervisor"], &[]),
    ("operations", &["domain", "clock", "db", "delivery", "forms", "operations"], &[]),
    ("http/api", &["domain", "clock", "config", "db", "forms", "delivery", "operations", "i18n", "http"], &["actix"]),
    (
        "http",
        &[
            "domain",
            "clock",
            "config",
            "db",
            "forms",
            "delivery",
            "operations",
            "views",
            "i18n",
            "http",
            "password",
            "assets",
            "fault_injection",
            "liveness",
            "version",
        ],
        &["actix"],
    ),
    ("app", &["domain", "clock", "config", "db", "delivery", "http", "app", "command_error", "liveness"], &["actix"]),
    (
        "cli/serve",
        &[
            "domain",
            "clock",
            "config",
            "db",
            "app",
            "cli",
            "private_files",
            "command_error",
            "service_manager",
            "version",
        ],
        &["actix"],
    ),
    ("cli/server", &["domain", "config", "cli", "command_error", "version"], &["reqwest"]),
    ("cli/demo", &["domain", "clock", "config", "db", "cli", "password", "command_error"], &["actix"]),
    ("cli/import", &["domain", "clock", "config", "cli", "command_error", "delivery", "i18n", "operations"], &[]),
    (
        "cli",
        &[
            "domain",
            "clock",
            "config",
            "db",
            "app",
            "cli",
            "i18n",
            "logging",
            "password",
            "private_files",
            "command_error",
            "version",
        ],
        &[],
    ),
    ("main", &["cli"], &["actix"]),
    ("lib", &[], &[]),
];

/// The areas, and their crates.
const AREAS: [(&str, &[&str]); 5] = [
    ("diesel", &["diesel", "diesel_migrations", "libsqlite3_sys", "pq_sys"]),
    ("actix", &["actix_web", "actix_session", "actix_http", "actix_server", "actix_service"]),
    ("askama", &["askama"]),
    ("fluent", &["fluent_bundle", "fluent_langneg", "intl_memoizer"]),
    ("reqwest", &["reqwest", "hyper", "tower_layer", "tower_service"]),
];

#[test]
fn each_room_imports_only_the_rooms_and_crates_that_it_may() {
    let mut faults = Vec::new();
    for (path, text) in files("src", ".rs") {
        let (_, rooms, areas) = rule(&path);
        let code = code(&text);
        for named in crate_paths(&code) {
            if !rooms.contains(&named.as_str()) {
                faults.push(format!("{path} names crate::{named}"));
            }
        }
        for (area, crates) in AREAS {
            let named = crates.iter().find(|name| names_crate(&code, name));
            if let Some(name) = named.filter(|_| !areas.contains(&area)) {
                faults.push(format!("{path} names {name}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// What both need is a use case (`operations`) or a part of the request (`http/request`).
#[test]
fn pages_and_api_do_not_import_each_other() {
    for (folder, other) in [("src/http/pages", "api::"), ("src/http/api", "pages::")] {
        let sources = files(folder, ".rs");
        assert!(!sources.is_empty(), "{folder}");
        for (path, text) in sources {
            assert!(!code(&text).contains(other), "{path} names {other}");
        }
    }
}

/// Who knows one room knows all.
#[test]
fn folders_are_named_by_the_same_seven_nouns_everywhere() {
    const NOUNS: [&str; 7] = ["webhooks", "deliveries", "events", "inboxes", "chatwoot", "accounts", "system"];
    let rooms = [
        ("src/domain", &[][..]),
        ("src/db", &["connection", "once", "query_plans", "sql"]),
        ("src/http/pages", &[]),
        ("src/http/api", &["openapi"]),
        ("src/views", &["testing"]),
        ("templates", &[]),
        ("locales/en", &[]),
        ("locales/uk", &[]),
        ("tests/pages", &["every_page", "forms"]),
        ("tests/api", &["every_request", "schemathesis"]),
    ];
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    for (room, others) in rooms {
        let entries = std::fs::read_dir(root.join(room)).expect(room).flatten();
        let (folders, rest): (Vec<_>, Vec<_>) = entries.partition(|entry| entry.path().is_dir());
        let named = |entry: &std::fs::DirEntry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            name.split('.').next().unwrap_or_default().to_owned()
        };
        let folders: Vec<String> = folders.iter().map(named).collect();
        for folder in &folders {
            assert!(NOUNS.contains(&folder.as_str()) || others.contains(&folder.as_str()), "{room}/{folder}");
        }
        let all: Vec<String> = rest.iter().map(named).chain(folders).collect();
        for noun in NOUNS {
            assert!(all.iter().any(|name| name == noun), "{room} has no {noun}");
        }
    }
}

#[test]
fn every_room_of_the_source_has_a_rule() {
    for (path, _) in files("src", ".rs") {
        assert_ne!(rule(&path).0, "", "{path}");
    }
}

#[test]
fn the_rule_finds_a_seeded_fault() {
    let code = code("use crate::{db::webhooks, domain};\n// use diesel::x;\nuse reqwest::Client;");
    assert_eq!(crate_paths(&code), BTreeSet::from(["db".to_owned(), "domain".to_owned()]));
    assert!(names_crate(&code, "reqwest") && !names_crate(&code, "diesel"));
}

fn rule(path: &str) -> (&'static str, &'static [&'static str], &'static [&'static str]) {
    let place = path.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
    let fits = |room: &str| place == room || place.starts_with(&format!("{room}/"));
    // The longest matching path is the most specific.
    let best = ROOMS.iter().filter(|(room, ..)| fits(room)).max_by_key(|(room, ..)| room.len());
    best.copied().unwrap_or(("", &[], &[]))
}

/// The text without comments, which may name anything.
pub(super) fn code(text: &str) -> String {
    text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// The first names after `crate::`, with braces expanded.
fn crate_paths(code: &str) -> BTreeSet<String> {
    let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut named = BTreeSet::new();
    for after in code.split("crate::").skip(1).chain(code.split("hachok::").skip(1)) {
        match after.strip_prefix('{') {
            None => _ = named.insert(word(after)),
            Some(list) => named.extend(outermost(list).iter().map(|item| word(item.trim()))),
        }
    }
    // A macro of the crate is not a room.
    named.retain(|name| !code.contains(&format!("crate::{name}!")) && !name.is_empty());
    named
}

fn outermost(list: &str) -> Vec<String> {
    let mut items = vec![String::new()];
    let mut depth = 0;
    for c in list.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => items.push(String::new()),
            _ if depth == 0 => items.last_mut().expect("an item").push(c),
            _ => {}
        }
    }
    items
}

fn names_crate(code: &str, name: &str) -> bool {
    code.match_indices(name).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let word_before = before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '"' || c == ':' || c == '.');
        !word_before && code[at + name.len()..].starts_with("::")
    })
}
