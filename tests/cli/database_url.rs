use crate::support::Place;
use crate::support::ports::ClosedPort;

#[test]
fn an_unrecognised_database_url_exits_with_2_and_touches_nothing() {
    for url in [
        "",
        "hachok.db",
        "data/hachok.db",
        "sqlite://",
        "sqlite::memory:",
        "sqlite://:memory:",
        "sqlite://data/h.db?mode=ro",
        "sqlite://data/h.db?mode=rw",
        "sqlite://data/h.db?cache=shared",
        "sqlite://data/",
        "sqlite://~/h.db",
        "file:data/h.db",
        "file:///data/h.db",
        "sqlite3://data/h.db",
        "jdbc:sqlite:data/h.db",
        "\"sqlite://data/h.db\"",
        "postgresql+asyncpg://u:canary@127.0.0.1/h",
        "jdbc:postgresql://u:canary@127.0.0.1/h",
        "mysql://u:canary@127.0.0.1/h",
        "host=127.0.0.1 user=u password=canary",
        "postgres://u:can ary@127.0.0.1/h",
        "postgres://u:can%ary@127.0.0.1/h",
        "postgres://u:can@ary@127.0.0.1/h",
        "postgres://u:can/ary@127.0.0.1/h",
        "postgres://u:canary",
        "postgres://127.0.0.1/h?password=canary&pool=1",
        "postgres://127.0.0.1/h?sslmode=canary",
    ] {
        let place = Place::on(url);
        for arguments in [&["serve", "--bind", "127.0.0.1:0"][..], &["migrate"], &["token", "list"]] {
            let line = place.run(arguments).error_line(2);
            assert!(line.contains("--database-url"), "{url}: {line}");
            assert!(!line.contains("can") || !line.contains("ary"), "{url}: {line}");
            assert!(!line.contains("canary"), "{url}: {line}");
        }
        assert_eq!(place.files("."), [""; 0], "{url}");
    }
}

#[test]
fn spellings_of_the_same_file_lead_to_the_same_file() {
    let place = Place::bare();
    let absolute = place.folder().join("data/h.db").display().to_string();
    let first = place.set("DATABASE_URL", "sqlite:data/h.db");
    first.run_ok(&["migrate"]);
    first.run_ok(&["token", "add", "--name", "known", "--scope", "read"]);
    let mut place = first;
    for url in [
        "sqlite://data/h.db",
        "sqlite://./data/h.db?mode=rwc",
        "SQLITE://data/h.db",
        " sqlite://data/h.db\n",
        "sqlite://d%61ta/h.db",
        &format!("sqlite://{absolute}"),
        &format!("sqlite:{absolute}"),
        &format!("sqlite:///{absolute}"),
    ] {
        place.change("DATABASE_URL", url);
        assert!(place.run_ok(&["token", "list"]).contains("known"), "{url}");
    }
    assert_eq!(place.files("data"), ["h.db", "secret.key"]);
}

#[test]
fn a_password_is_in_no_error_and_not_in_the_help() {
    let closed_port = ClosedPort::new();
    let place = Place::bare();
    let at = format!("127.0.0.1:{}", closed_port.port());
    for url in [
        format!("postgres://anna:c%61nary-canary@{at}/hachok"),
        format!("Postgres://anna:canary-canary@{at}/hachok?connect_timeout=1"),
        format!("postgres://{at}/hachok?user=anna&password=canary-canary"),
    ] {
        for arguments in [&["serve", "--bind", "127.0.0.1:0"][..], &["migrate"], &["token", "list"]] {
            let line = Place::on(&url).run(arguments).error_line(1);
            assert!(!line.contains("canary") && line.contains(&closed_port.port().to_string()), "{line}");
        }
        let ran = Place::on(&url).run(&["serve", "--help"]);
        assert!(ran.code == Some(0) && !ran.stdout.contains("canary"), "{ran:?}");
    }
    let url = format!("postgres://anna:canary-canary@{at}/hachok");
    for arguments in [
        &[url.as_str()][..],
        &["serve", &url],
        &["token", &url],
        &["migrate", &url],
        &["migrate", "--database-ur", &url],
        &["migrate", &format!("--database-ur={url}")],
        &["serve", "--bind", &url],
        &["serve", "--public-url", "https://anna:canary@hooks.example.com/"],
        &["health", "--server", "http://:canary@127.0.0.1:1"],
        &["user", "add", "--email", "a@example.com", "--role", "admin", "--password", "canary"],
        &["user", "add", "--email", "a@example.com", "--role", "admin", "--password=canary"],
    ] {
        let line = place.run(arguments).error_line(2);
        assert!(!line.contains("canary"), "{arguments:?}: {line}");
    }
}
