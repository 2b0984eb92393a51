use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use super::files;

fn names(folder: &str) -> BTreeSet<String> {
    files(folder, ".sql").into_iter().map(|(path, _)| path.trim_start_matches(folder).to_owned()).collect()
}

#[test]
fn both_databases_have_the_same_migrations_up_and_down() {
    let (sqlite, postgres) = (names("migrations/sqlite"), names("migrations/postgres"));
    assert!(!sqlite.is_empty());
    assert_eq!(sqlite, postgres);
    for up in sqlite.iter().filter(|name| name.ends_with("up.sql")) {
        assert!(sqlite.contains(&up.replace("up.sql", "down.sql")), "{up}");
    }
}

#[test]
fn no_two_migrations_have_the_same_version() {
    for database in ["sqlite", "postgres"] {
        let mut versions = BTreeSet::new();
        for up in names(&format!("migrations/{database}")).iter().filter(|name| name.ends_with("up.sql")) {
            let version = up.split('_').next().expect("a version").trim_start_matches('/').to_owned();
            assert!(versions.insert(version), "{database}: {up}");
        }
    }
}

/// A database that has a migration never gets it again. `docs/RELEASING.md` says how a release adds its list.
#[test]
fn migrations_of_a_release_do_not_change() {
    let now = files("migrations", ".sql");
    let lists = files("tests/data/upgrade", "migrations.sha256");
    assert!(!lists.is_empty());
    for (list, text) in lists {
        assert!(text.lines().count() >= 32, "{list}");
        for line in text.lines() {
            let (sum, path) = line.split_once("  ").expect("sha256sum");
            let (_, sql) = now.iter().find(|(known, _)| known == path).unwrap_or_else(|| panic!("{path} of {list}"));
            let bytes = Sha256::digest(sql.as_bytes());
            let found: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(found, sum, "{path} of {list}");
        }
    }
}
