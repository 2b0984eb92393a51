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
