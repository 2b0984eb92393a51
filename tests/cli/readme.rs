//! Runs the commands of the README literally.

use std::path::Path;
use std::process::Command;

use crate::support::{App, PASSWORD, Place};

/// The lines of the first shell block after these words.
fn block_after(words: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = std::fs::read_to_string(path).expect("the README");
    let after = text.split_once(words).unwrap_or_else(|| panic!("{words} in the README")).1;
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
    command.args(["-ec", lines]).current_dir(place.folder()).env_clear().env("PATH", path).envs(url);
    let ran = command.output().expect("a shell");
    assert!(ran.status.success(), "{lines}: {ran:?}");
    String::from_utf8(ran.stdout).expect("UTF-8")
}

#[tokio::test]
async fn the_commands_for_backup_and_restore_work() {
    let app = App::on_sqlite();
    app.user("anna@example.com", "admin", PASSWORD);
    let (backup, restore) = (block_after("**Backup.**"), block_after("**Restore.**"));
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
    let password = run(&place, &block_after("Before the first start:"));
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
    let line = block_after("service's user:");
    let here = line.replace("sudo ", &format!("HACHOK_ENV_FILE={} ", settings.display()));
    let elsewhere = Place::bare_on_sqlite();
    let token = run(&elsewhere, &here);
    assert!(token.starts_with("hk_") && place.run_ok(&["token", "list"]).contains("Help desk"), "{token}");
    assert_eq!(elsewhere.files("."), ["bin"]);
}
