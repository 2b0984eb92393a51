use std::fs;
use std::net::TcpListener;

use crate::support::ports::ClosedPort;
use crate::support::{App, Place};

#[test]
fn a_bad_setting_is_named_in_one_line_and_nothing_is_touched() {
    for (variable, option, value) in [
        ("HACHOK_BIND", "--bind", "nonsense"),
        ("HACHOK_BIND", "--bind", "127.0.0.1:99999"),
        ("HACHOK_PUBLIC_URL", "--public-url", "nonsense"),
        ("HACHOK_PUBLIC_URL", "--public-url", "ftp://hooks.example.com"),
        ("HACHOK_ALLOWED_HOSTS", "--allowed-hosts", "https://hooks.example.com"),
        ("HACHOK_ALLOWED_HOSTS", "--allowed-hosts", "hooks.example.com:443"),
        ("HACHOK_ALLOWED_HOSTS", "--allowed-hosts", "*.example.com"),
        ("HACHOK_ALLOWED_HOSTS", "--allowed-hosts", "a.example.com,,b.example.com"),
        ("HACHOK_ALLOW_NETWORKS", "--allow-networks", "10.0.0.0/33"),
        ("HACHOK_ALLOW_NETWORKS", "--allow-networks", "0.0.0.0/0"),
        ("HACHOK_ALLOW_NETWORKS", "--allow-networks", "8.8.8.0/24"),
        ("HACHOK_ALLOW_NETWORKS", "--allow-networks", "169.254.169.254/32"),
        ("HACHOK_DENY_NETWORKS", "--deny-networks", "everything"),
        ("HACHOK_ALLOW_HTTP", "--allow-http", "perhaps"),
        ("HACHOK_KEEP_ALIVE", "--keep-alive", "0"),
        ("HACHOK_KEEP_ALIVE", "--keep-alive", "75s"),
        ("HACHOK_CONNECTIONS_PER_PEER", "--connections-per-peer", "0"),
        ("HACHOK_API_RATE", "--api-rate", "fast"),
        ("HACHOK_API_RATE", "--api-rate", "100001"),
        ("HACHOK_MAX_PAYLOAD", "--max-payload", "much"),
        ("HACHOK_MAX_PAYLOAD", "--max-payload", "2097153"),
        ("HACHOK_MAX_PAYLOAD", "--max-payload", "0"),
        ("HACHOK_RETENTION_DAYS", "--retention-days", "-1"),
        ("HACHOK_IN_FLIGHT", "--in-flight", "0"),
        ("HACHOK_IN_FLIGHT_PER_WEBHOOK", "--in-flight-per-webhook", "many"),
        ("HACHOK_BACKLOG_PER_WEBHOOK", "--backlog-per-webhook", "0"),
        ("HACHOK_LOG_FORMAT", "--log-format", "xml"),
        ("DATABASE_URL", "--database-url", "mysql://localhost/hachok"),
        ("DATABASE_URL", "--database-url", "hachok.db"),
    ] {
        let place = Place::bare().set(variable, value);
        let line = place.run(&["serve"]).error_line(2);
        assert!(line.contains(variable) || line.contains(option), "{variable}={value}: {line}");
        assert_eq!(fs::read_dir(place.folder()).expect("a folder").count(), 0, "{variable}={value}");
    }
}

#[test]
fn a_flag_overrides_the_environment() {
    let place = Place::bare().set("HACHOK_LOG_FORMAT", "text");
    let line = place.run(&["serve", "--log-format", "xml"]).error_line(2);
    assert!(line.contains("xml"), "{line}");
}

#[test]
fn a_data_folder_that_cannot_be_created_is_reported_in_one_line() {
    let place = Place::bare();
    fs::write(place.folder().join("taken"), "a file").expect("a file");
    let place = place.set("DATABASE_URL", "sqlite://taken/hachok.db");
    for arguments in [&["serve", "--bind", "127.0.0.1:0"][..], &["migrate"], &["token", "list"]] {
        let line = place.run(arguments).error_line(1);
        assert!(line.contains("taken"), "{line}");
    }
}

#[test]
fn a_file_that_is_not_a_database_is_reported_in_one_line_and_not_changed() {
    let place = Place::bare();
    let file = place.folder().join("letter.db");
    fs::write(&file, "Dear reader, this is no database at all, however long it may be.".repeat(40)).expect("a file");
    let before = fs::read(&file).expect("the file");
    place.set("DATABASE_URL", "sqlite://letter.db").run(&["migrate"]).error_line(1);
    assert!(fs::read(&file).is_err() || fs::read(&file).is_ok_and(|now| now == before));
}

#[test]
fn a_used_port_is_reported_in_one_line() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let ran = Place::bare().run(&["serve", "--bind", &address]);
    assert!(ran.stdout.is_empty(), "{ran:?}");
    let line = ran.error_line(1);
    assert!(line.contains(&address), "{line}");
}

#[test]
fn a_postgres_that_does_not_answer_is_reported_in_one_line_without_the_password() {
    let closed_port = ClosedPort::new();
    let url = format!("postgres://anna:canary@127.0.0.1:{}/hachok", closed_port.port());
    let line = Place::bare().set("DATABASE_URL", &url).run(&["migrate"]).error_line(1);
    assert!(!line.contains("canary"), "{line}");
}

#[tokio::test]
async fn logs_go_to_stderr_and_only_the_address_to_stdout() {
    let mut app = App::at(Place::new().set("HACHOK_LOG_FORMAT", "json"));
    assert!(app.url.rsplit(':').next().is_some_and(|port| port.parse::<u16>().is_ok()), "{}", app.url);
    assert!(app.set_up_link().contains("/setup?token="));
    app.stop();
    for line in app.log().lines() {
        assert!(serde_json::from_str::<serde_json::Value>(line).is_ok(), "{line}");
    }
}

#[tokio::test]
async fn serve_is_the_default_command() {
    let place = Place::bare();
    let ran = place.run(&["--bind", "nonsense"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("bind") || ran.stderr.contains("HACHOK_BIND"), "{ran:?}");
}

#[test]
fn the_data_folder_is_readable_by_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::bare().set("DATABASE_URL", "sqlite://new/deeper/hachok.db");
    place.run_ok(&["migrate"]);
    for folder in ["new", "new/deeper"] {
        let rights = std::fs::metadata(place.folder().join(folder)).expect("a folder").permissions().mode();
        assert_eq!(rights & 0o777, 0o700, "{folder}");
    }
}
