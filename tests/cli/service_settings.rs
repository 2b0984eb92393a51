//! Commands that root runs find the database of the service.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::support::{App, Place};

/// The installation of the service, and another folder in which root has a shell.
struct Machine {
    service: Place,
    elsewhere: Place,
}

impl Machine {
    fn new() -> Self {
        let service = Place::bare_on_sqlite();
        service.run_ok(&["migrate"]);
        let file = service.folder().join("hachok.env");
        let elsewhere = Place::bare_on_sqlite().set("HACHOK_ENV_FILE", &file.to_string_lossy());
        let machine = Self { service, elsewhere };
        machine.write(&format!("# settings\nDATABASE_URL={}\n", machine.service.database_url()), 0o600);
        machine
    }

    fn write(&self, text: &str, rights: u32) {
        let file = self.service.folder().join("hachok.env");
        fs::write(&file, text).expect("a file");
        fs::set_permissions(&file, Permissions::from_mode(rights)).expect("rights");
    }
}

#[test]
#[ignore = "needs root: tests/run"]
fn as_root_a_command_uses_the_database_of_the_service_and_says_so() {
    let machine = Machine::new();
    let added = machine.elsewhere.run(&["token", "add", "--name", "Help desk", "--scope", "ingest"]);
    assert!(added.stderr.contains("hachok: with the settings of the service in /"), "{added:?}");
    assert!(added.stdout_of_success().starts_with("hk_"));
    assert!(machine.service.run_ok(&["token", "list"]).contains("Help desk"));
    assert_eq!(machine.elsewhere.files("."), Vec::<String>::new());
}

#[test]
#[ignore = "needs root: tests/run"]
fn as_root_a_flag_a_variable_and_a_database_here_come_first() {
    let machine = Machine::new();
    let own = Place::bare_on_sqlite();
    own.run_ok(&["migrate"]);
    let list = |place: &Place, arguments: &[&str]| {
        let ran = place.run(arguments);
        assert!(!ran.stderr.contains("of the service"), "{ran:?}");
        ran.stdout_of_success()
    };
    machine.service.token("read");
    let url = own.database_url();
    let elsewhere = machine.elsewhere;
    assert_eq!(list(&elsewhere, &["token", "list", "--database-url", &url]), "");
    let elsewhere = elsewhere.set("DATABASE_URL", &url);
    assert_eq!(list(&elsewhere, &["token", "list"]), "");
    let file = machine.service.folder().join("hachok.env");
    assert_eq!(list(&own.set("HACHOK_ENV_FILE", &file.to_string_lossy()), &["token", "list"]), "");
}

#[test]
#[ignore = "needs root: tests/run"]
fn as_root_a_file_that_others_may_write_is_refused() {
    let machine = Machine::new();
    for rights in [0o602, 0o660] {
        machine.write(&format!("DATABASE_URL={}\n", machine.service.database_url()), rights);
        let line = machine.elsewhere.run(&["token", "list"]).error_line(2);
        assert!(line.contains("hachok.env") && line.contains("written by others"), "{line}");
    }
}

/// The rest of a longer file could name the database.
#[test]
#[ignore = "needs root: tests/run"]
fn as_root_a_file_that_is_too_long_is_refused() {
    let machine = Machine::new();
    let url = machine.service.database_url();
    machine.write(&format!("{}DATABASE_URL={url}\n", "# settings\n".repeat(7_000)), 0o600);
    let line = machine.elsewhere.run(&["token", "list"]).error_line(2);
    assert!(line.contains("hachok.env") && line.contains("larger than 65536 bytes"), "{line}");
}

/// The place is `/var/lib/hachok`, where this machine may have the key of another installation or none. Both are refused,
/// so nothing is made there.
#[tokio::test]
#[ignore = "needs Postgres: tests/run"]
async fn on_postgres_as_root_a_command_expects_the_key_where_the_service_has_it() {
    let service = Place::on_postgres();
    let url = service.database_url();
    let mut app = App::at(service);
    assert_eq!(app.stop(), Some(0));
    let machine = Machine::new();
    for key in ["", "HACHOK_SECRET_KEY_FILE=data/secret.key\n"] {
        machine.write(&format!("DATABASE_URL={url}\n{key}"), 0o600);
        let ran = machine.elsewhere.run(&["token", "list"]);
        assert!(ran.code == Some(1) && ran.stderr.contains("/var/lib/hachok/data/secret.key"), "{ran:?}");
        assert_eq!(machine.elsewhere.files("."), Vec::<String>::new());
    }
}

#[test]
#[ignore = "needs root: tests/run"]
fn as_root_serve_does_not_read_the_file_and_other_users_do_not_look() {
    let machine = Machine::new();
    machine.write("HACHOK_BIND=nonsense\n", 0o600);
    let line = machine.elsewhere.run(&["health"]).error_line(2);
    assert!(line.contains("--bind") && line.contains("hachok.env"), "health has the address of the service: {line}");
    machine.write("HACHOK_BIND=\"127.0.0.1\":1\n", 0o600);
    let line = machine.elsewhere.run(&["health"]).error_line(2);
    assert!(line.contains("hachok.env: HACHOK_BIND has"), "{line}");
    machine.write("HACHOK_BIND=nonsense\n", 0o600);
    let typed = machine.elsewhere.run(&["health", "--server", "nonsense", "--bind", "127.0.0.1:1"]).error_line(2);
    assert!(typed.contains("--server") && !typed.contains("hachok.env"), "not a fault of the file: {typed}");
    for started in [&["--bind", "127.0.0.1:1", "--retention-days", "0"][..], &["--retention-days", "0"]] {
        let refused = machine.elsewhere.run(started);
        assert!(!refused.stderr.contains("of the service"), "{refused:?}");
        assert!(refused.error_line(2).contains("--retention-days"));
    }
    let refused = machine.elsewhere.run(&["serve", "--retention-days", "0"]).error_line(2);
    assert!(refused.contains("--retention-days"), "{refused}");
    // A copy that other users reach.
    let folder = machine.elsewhere.folder();
    fs::set_permissions(folder, Permissions::from_mode(0o755)).expect("rights");
    fs::copy(env!("CARGO_BIN_EXE_hachok"), folder.join("hachok")).expect("a copy");
    let mut as_a_user = Command::new("setpriv");
    as_a_user.args(["--reuid=65534", "--regid=65534", "--clear-groups", "./hachok", "token", "list"]);
    let file = machine.service.folder().join("hachok.env");
    let ran = as_a_user.current_dir(folder).env_clear().env("HACHOK_ENV_FILE", file).output().expect("setpriv");
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.code() == Some(1) && said.starts_with("hachok: there is no database at"), "{ran:?}");
}
