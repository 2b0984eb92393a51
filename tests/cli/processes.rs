use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use crate::support::{App, PASSWORD, Place, Visitor};

#[tokio::test]
async fn a_second_server_on_the_same_file_is_refused_and_the_first_keeps_running() {
    let app = App::on_sqlite();
    let line = app.run(&["serve", "--bind", "127.0.0.1:0"]).error_line(1);
    assert!(line.contains("hachok.db"), "{line}");
    let line = app.run(&["migrate"]).error_line(1);
    assert!(line.contains("hachok.db"), "{line}");
    assert_eq!(app.visitor().get("/healthz").await.status, 200);
}

#[test]
fn migrate_may_run_again() {
    let place = Place::bare();
    place.run_ok(&["migrate"]);
    place.run_ok(&["migrate"]);
    if place.is_sqlite() {
        assert!(place.folder().join("data/hachok.db").is_file());
    }
}

#[tokio::test]
async fn a_server_keeps_running_when_its_standard_output_is_closed() {
    let place = Place::new();
    let (mut server, visitor) = first_line(&place);
    assert_eq!(visitor.get("/healthz").await.status, 200);
    server.kill().expect("a kill");
    server.wait().expect("an end");
}

#[tokio::test]
#[ignore = "needs Postgres: tests/run"]
async fn on_postgres_two_servers_share_a_database() {
    let app = App::on_postgres();
    let (mut second, visitor) = first_line(&app);
    assert_eq!(visitor.get("/readyz").await.status, 200);
    app.user("anna@example.com", "admin", PASSWORD);
    visitor.sign_in("anna@example.com", PASSWORD).await;
    second.kill().expect("a kill");
    second.wait().expect("an end");
}

/// Starts a server whose standard output is closed after the first line.
fn first_line(place: &Place) -> (Child, Visitor) {
    let mut command = place.command(&["serve", "--bind", "127.0.0.1:0"]);
    let mut server = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("a server");
    let mut line = String::new();
    BufReader::new(server.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
    (server, Visitor::new(line.trim()))
}

#[tokio::test]
async fn a_start_on_a_used_port_leaves_no_file_behind() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let place = Place::new();
    let line = place.run(&["serve", "--bind", &address]).error_line(1);
    assert!(line.contains(&address), "{line}");
    let left: Vec<_> = std::fs::read_dir(place.folder()).expect("the folder").flatten().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn a_second_server_with_the_same_settings_says_that_one_is_running() {
    let app = App::on_sqlite();
    let address = app.url.trim_start_matches("http://");
    let line = app.run(&["serve", "--bind", address]).error_line(1);
    assert!(line.contains("another Hachok is running"), "{line}");
}
