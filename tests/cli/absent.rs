use std::fs;

use crate::support::{PASSWORD, Place};

const COMMANDS: [&[&str]; 7] = [
    &["token", "list"],
    &["token", "add", "--name", "x", "--scope", "read"],
    &["token", "revoke", "1"],
    &["user", "list"],
    &["user", "add", "--email", "a@example.com", "--role", "admin", "--password-stdin"],
    &["user", "password", "--email", "a@example.com", "--password-stdin"],
    &["user", "disable", "--email", "a@example.com"],
];

#[test]
fn a_command_without_a_database_creates_none_and_names_the_setting() {
    let place = Place::bare();
    for arguments in COMMANDS {
        let line = place.run_with(arguments, PASSWORD).error_line(1);
        let looked_at = if place.is_sqlite() { "data/hachok.db" } else { "postgres://" };
        for words in ["DATABASE_URL", "--database-url", looked_at] {
            assert!(line.contains(words), "{words} for {arguments:?} in {line}");
        }
        assert_eq!(place.files("."), [""; 0], "{arguments:?}");
    }
    if let Some(tables) = place.query_postgres("SELECT COUNT(*) FROM pg_class WHERE relname = 'api_tokens'") {
        assert_eq!(tables, "0");
    }
}

#[test]
fn an_empty_file_is_not_a_database_and_stays_empty() {
    let place = Place::bare().set("DATABASE_URL", "sqlite://empty.db");
    fs::write(place.folder().join("empty.db"), "").expect("a file");
    for arguments in COMMANDS {
        let line = place.run_with(arguments, PASSWORD).error_line(1);
        assert!(line.contains("empty.db") && line.contains("DATABASE_URL"), "{line}");
    }
    assert_eq!(place.files("."), ["empty.db"]);
    assert_eq!(fs::metadata(place.folder().join("empty.db")).expect("the file").len(), 0);
}

#[test]
fn migrate_and_user_add_provision_an_installation() {
    let place = Place::bare();
    place.run_ok(&["migrate"]);
    place.user("anna@example.com", "admin", PASSWORD);
    assert!(place.run_ok(&["user", "list"]).contains("anna@example.com"));
    if place.is_sqlite() {
        assert_eq!(place.files("data"), ["hachok.db", "secret.key"], "each command closes the database");
    }
}

#[test]
fn the_database_of_another_program_is_refused_and_not_changed() {
    for made in ["CREATE TABLE books (id INTEGER)", "PRAGMA application_id = 7"] {
        let place = Place::bare().set("DATABASE_URL", "sqlite://other.db");
        let file = place.folder().join("other.db");
        crate::support::sqlite(&file, &format!("{made}; CREATE TABLE more (id INTEGER)"));
        let before = fs::read(&file).expect("the file");
        for arguments in [&["migrate"][..], &["serve", "--bind", "127.0.0.1:0"], &["token", "list"]] {
            let line = place.run(arguments).error_line(1);
            assert!(line.contains("another program"), "{line}");
        }
        assert!(fs::read(&file).expect("the file") == before, "{made}");
        assert_eq!(place.files("."), ["other.db"]);
    }
}
