use std::collections::BTreeSet;

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
