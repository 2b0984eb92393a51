//! A test names what it needs in `#[ignore = "…"]`, and its name lets `tests/run` select it. No test passes without
//! testing.

use super::files;

/// How a reason begins, and what the path of such a test contains.
const REASONS: [(&str, &str); 7] = [
    ("needs Postgres: ", "::on_postgres_"),
    ("needs chromium and chromedriver: ", "tests/browser/"),
    ("needs root: ", "as_root"),
    ("needs the right to mount a file system: ", "::a_mounted_disk_"),
    ("needs a route to other machines: ", "outside_loopback"),
    ("needs schemathesis: ", "::schemathesis_"),
    ("on demand: ", "::on_demand_"),
];

#[test]
fn an_ignored_test_has_a_reason_and_the_name_that_belongs_to_it() {
    let mut wrong = Vec::new();
    for test in tests() {
        let known =
            REASONS.iter().find(|(reason, _)| test.reason.as_ref().is_some_and(|text| text.starts_with(reason)));
        let fits = match (&test.reason, known) {
            (None, _) => !["::on_postgres_", "::on_demand_"].iter().any(|name| test.path.contains(name)),
            (Some(_), known) => known.is_some_and(|(_, name)| test.path.contains(name)),
        };
        if !fits {
            wrong.push(format!("{}: {:?}", test.path, test.reason));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_test_ends_early_because_of_its_database_or_a_missing_tool() {
    let mut found = Vec::new();
    for (path, text) in files("tests", ".rs").into_iter().filter(|(path, _)| !path.ends_with("house/ignored.rs")) {
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        for (at, pair) in lines.windows(2).enumerate() {
            let asks =
                pair[0].starts_with("if ") && (pair[0].contains("is_sqlite()") || pair[0].contains("on_postgres"));
            let prints = pair[0].contains("println!(\"skipped") || pair[0].contains("println!(\"did not run");
            if (asks && pair[1] == "return;") || prints {
                found.push(format!("{path}:{}: {}", at + 1, pair[0]));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

struct Test {
    /// File and function: `tests/cli/keys.rs::on_postgres_…`.
    path: String,
    reason: Option<String>,
}

/// Every test of the suite.
fn tests() -> Vec<Test> {
    let mut found = Vec::new();
    for (path, text) in files("tests", ".rs") {
        let (mut is_test, mut reason) = (false, None);
        for line in text.lines().map(str::trim) {
            if line == "#[test]" || line.starts_with("#[tokio::test") {
                (is_test, reason) = (true, None);
            } else if let Some(rest) = line.strip_prefix("#[ignore") {
                reason = Some(rest.trim_matches([' ', '=', '"', ']']).to_owned());
            } else if let Some((_, rest)) = line.split_once("fn ").filter(|_| is_test) {
                let name = rest.split('(').next().unwrap_or_default();
                found.push(Test { path: format!("{path}::{name}"), reason: reason.take() });
                is_test = false;
            }
        }
    }
    assert!(found.len() > 500, "{} tests found", found.len());
    found
}
