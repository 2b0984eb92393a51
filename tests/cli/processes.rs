use crate::support::{App, Place};

#[tokio::test]
async fn a_second_server_on_the_same_file_is_refused_and_the_first_goes_on() {
    let app = App::start();
    if !app.is_sqlite() {
        return;
    }
    let line = app.run(&["serve", "--bind", "127.0.0.1:0"]).complaint(1);
    assert!(line.contains("hachok.db"), "{line}");
    let line = app.run(&["migrate"]).complaint(1);
    assert!(line.contains("hachok.db"), "{line}");
    assert_eq!(app.visitor().get("/healthz").await.status, 200);
}

#[test]
fn migrating_is_done_once_and_may_be_asked_for_again() {
    let place = Place::bare();
    place.say(&["migrate"]);
    place.say(&["migrate"]);
    if place.is_sqlite() {
        assert!(place.folder().join("data/hachok.db").is_file());
    }
}

#[tokio::test]
async fn two_servers_share_a_postgres() {
    let app = App::start();
    if app.is_sqlite() {
        return;
    }
    let mut second = app
        .command(&["serve", "--bind", "127.0.0.1:0"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("a second");
    let mut line = String::new();
    let out = second.stdout.take().expect("a pipe");
    std::io::BufRead::read_line(&mut std::io::BufReader::new(out), &mut line).expect("a line");
    let visitor = crate::support::Visitor::new(line.trim());
    assert_eq!(visitor.get("/readyz").await.status, 200);
    second.kill().expect("a kill");
    second.wait().expect("an end");
}
