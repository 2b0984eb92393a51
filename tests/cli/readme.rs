//! Runs the commands of the README and of the guide literally.

use std::path::Path;
use std::process::Command;

use crate::support::{App, PASSWORD, Place};

/// The lines of the first shell block after these words of a document.
pub fn block_after(document: &str, words: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(document);
    let text = std::fs::read_to_string(path).expect(document);
    let after = text.split_once(words).unwrap_or_else(|| panic!("{words} in {document}")).1;
    let block = after.split_once("```sh\n").and_then(|(_, rest)| rest.split_once("```")).expect("a block");
    block.0.to_owned()
}

/// Runs shell lines in that place, with `hachok` on the PATH.
fn run(place: &Place, lines: &str) -> String {
    let programs = place.folder().join("bin");
    std::fs::create_dir_all(&programs).expect("a folder");
    let hachok = programs.join("hachok");
    if !hachok.exists() {
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_hachok"), &hachok).expect("a link");
    }
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").expect("a path"));
    let mut command = Command::new("sh");
    let url = (!place.is_sqlite()).then(|| ("DATABASE_URL", place.database_url()));
    command
        .args(["-ec", lines])
        .current_dir(place.folder())
        .env_clear()
        .env("PATH", path)
        .env("HACHOK_ENV_FILE", "")
        .envs(url);
    let ran = command.output().expect("a shell");
    assert!(ran.status.success(), "{lines}: {ran:?}");
    String::from_utf8(ran.stdout).expect("UTF-8")
}

#[tokio::test]
async fn the_commands_for_backup_and_restore_work() {
    let app = App::on_sqlite();
    app.user("anna@example.com", "admin", PASSWORD);
    let (backup, restore) = (block_after("README.md", "**Backup.**"), block_after("README.md", "**Restore.**"));
    assert_eq!((backup.lines().count(), restore.lines().count()), (3, 3));
    run(&app, &backup);
    let place = Place::on_sqlite();
    for name in ["hachok-backup.db", "keys"] {
        std::fs::rename(app.folder().join(name), place.folder().join(name)).expect("a move");
    }
    assert!(run(&place, &restore).contains("1 users"));
    App::at(place).visitor().sign_in("anna@example.com", PASSWORD).await;
}

#[test]
fn the_commands_before_the_first_start_work() {
    let place = Place::bare();
    let password = run(&place, &block_after("README.md", "Before the first start:"));
    assert!(!password.trim().is_empty());
    assert!(place.run_ok(&["user", "list"]).contains("olena@example.com"));
}

#[test]
#[ignore = "needs root: tests/run"]
fn as_root_the_command_beside_the_service_uses_the_database_of_the_service() {
    let place = Place::bare_on_sqlite();
    place.run_ok(&["migrate"]);
    let settings = place.folder().join("hachok.env");
    std::fs::write(&settings, format!("DATABASE_URL={}\n", place.database_url())).expect("a file");
    let line = block_after("docs/guide/en/systemd.md", "systemd passes its settings.");
    let here = line.replace("sudo ", &format!("HACHOK_ENV_FILE={} ", settings.display()));
    let elsewhere = Place::bare_on_sqlite();
    let token = run(&elsewhere, &here);
    assert!(token.starts_with("hk_") && place.run_ok(&["token", "list"]).contains("Help desk"), "{token}");
    assert_eq!(elsewhere.files("."), ["bin"]);
}

/// Literally, but for the name: a role belongs to the whole server.
#[test]
#[ignore = "needs Postgres: tests/run"]
fn on_postgres_the_commands_of_the_guide_make_a_database_that_hachok_can_use() {
    let place = Place::on_postgres();
    let server = place.database_url();
    let (server, _) = server.rsplit_once('/').expect("a name");
    let name = format!("guide_{}", std::process::id());
    let block = block_after("docs/guide/en/postgres.md", "## A database for Hachok").replace("hachok", &name);
    let psql = |lines: &str| {
        let lines = lines.replace("psql ", &format!("psql -Xq {server}/postgres "));
        let ran = Command::new("sh").args(["-ec", &lines]).output().expect("a shell");
        assert!(ran.status.success(), "{lines}: {ran:?}");
    };
    psql(&block);
    let (_, host) = server.split_once('@').expect("a host");
    let own = Place::on(&format!("postgres://{name}:a%20password%20of%20your%20own@{host}/{name}"));
    let migrated = own.run(&["migrate"]);
    psql(&format!("psql -c 'DROP DATABASE {name}'\npsql -c 'DROP ROLE {name}'"));
    migrated.stdout_of_success();
}
