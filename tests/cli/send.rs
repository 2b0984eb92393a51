//! `hachok send`, beside a running server and before others.

use std::fs;

use serde_json::{Value, json};

use crate::support::ports::ClosedPort;
use crate::support::{App, Place, Receiver, Reply, webhook};

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

/// An installation whose commands reach its server, with the token in a file.
fn reachable(scope: &str) -> App {
    let mut app = App::start();
    let url = app.url.clone();
    fs::write(app.folder().join("token"), app.token(scope) + "\n").expect("a file");
    app.change("HACHOK_SERVER", &url);
    app.change("HACHOK_TOKEN_FILE", "token");
    app
}

#[tokio::test]
async fn a_sample_is_accepted_delivered_and_counted_in_words_and_as_json() {
    let app = reachable("ingest");
    let said = app.run_ok(&["send", "message_updated"]);
    assert!(said.starts_with("evt_") && said.contains("(message_updated)"), "{said}");
    assert!(said.ends_with("without a delivery: no webhook wants it"), "{said}");
    let receiver = Receiver::start();
    app.api("admin").webhook(&webhook(&receiver.at("/hook"))).await;
    let said = app.run_ok(&["send", "message_created", "--inbox", "mail-7"]);
    assert!(said.ends_with("is accepted, with 1 delivery"), "{said}");
    let got = receiver.first("/hook").await;
    assert_eq!(got.json()["inbox"], json!({ "id": "mail-7" }));
    assert_eq!(said.split(' ').next(), Some(got.header("webhook-id")));
    let accepted = json_of(&app.run_ok(&["send", "message_created", "--json"]));
    let again = receiver.await_requests("/hook", 2).await;
    assert_eq!(accepted, json!({ "id": again[1].header("webhook-id"), "event": "message_created", "deliveries": 1 }));
}

#[tokio::test]
async fn a_file_is_sent_as_it_is() {
    let app = reachable("ingest");
    let receiver = Receiver::start();
    app.api("admin").webhook(&webhook(&receiver.at("/hook"))).await;
    let body =
        " {\"event\": \"message_created\",\n\t\"n\": 1e400, \"m\": 12345678901234567890123, \"t\": \"\\u0456\"}\n";
    fs::write(app.folder().join("body.json"), body).expect("a file");
    app.run_ok(&["send", "message_created", "--file", "body.json"]);
    assert_eq!(receiver.first("/hook").await.body, body.as_bytes());
    app.run_ok(&["send", "message_created", "--file", "body.json", "--inbox", "mail"]);
    let moved = body.replace("\"}\n", "\",\"inbox_id\":\"mail\"}\n");
    assert_eq!(receiver.await_requests("/hook", 2).await[1].body, moved.as_bytes());
    let ran = app.run_with(&["send", "message_created", "--file", "-"], "{\"content\":\"from a pipe\"}");
    ran.stdout_of_success();
    let got = receiver.await_requests("/hook", 3).await;
    assert_eq!(got[2].json(), json!({ "event": "message_created", "content": "from a pipe" }));
}

#[tokio::test]
async fn the_server_is_found_by_its_bind_address() {
    let app = App::at(Place::new().bound_to("[::]:0"));
    let port = app.url.rsplit(':').next().expect("a port");
    let token = app.token("admin");
    for bind in [format!("[::]:{port}"), format!("0.0.0.0:{port}")] {
        app.run_ok(&["send", "team_changed", "--bind", &bind, "--token", &token]);
    }
}

#[tokio::test]
async fn a_refused_token_is_reported_with_what_to_do() {
    let app = reachable("read");
    let line = app.run(&["send", "team_changed"]).error_line(1);
    assert!(line.contains("needs the scope ingest") && line.contains("hachok token add"), "{line}");
    fs::write(app.folder().join("token"), "hk_wrong").expect("a file");
    let line = app.run(&["send", "team_changed"]).error_line(1);
    assert!(line.contains("does not know the token") && line.contains("hachok token add"), "{line}");
    assert!(!line.contains("hk_wrong"), "{line}");
}

#[tokio::test]
async fn an_event_that_the_server_refuses_is_reported_in_its_words() {
    let app = reachable("ingest");
    let large = format!("{{\"content\":\"{}\"}}", "x".repeat(300_000));
    fs::write(app.folder().join("large.json"), large).expect("a file");
    let line = app.run(&["send", "message_created", "--file", "large.json"]).error_line(1);
    assert!(line.contains("262144") && line.contains("--max-payload"), "{line}");
    fs::write(app.folder().join("deep.json"), format!("{{\"a\":{}{}}}", "[".repeat(70), "]".repeat(70)))
        .expect("a file");
    let line = app.run(&["send", "message_created", "--file", "deep.json"]).error_line(1);
    assert!(line.contains("nested"), "{line}");
}

#[test]
fn a_token_that_cannot_be_one_is_refused_before_anything_is_sent() {
    let closed = ClosedPort::new();
    let place = Place::bare().set("HACHOK_SERVER", closed.at("").trim_end_matches('/'));
    let line = place.run(&["send", "team_changed"]).error_line(2);
    assert!(line.contains("HACHOK_TOKEN") && line.contains("hachok token add"), "{line}");
    for token in ["hk_a\nX-Other: 1", "hk_a b", " ", "hk_\u{456}"] {
        let line = place.run(&["send", "team_changed", "--token", token]).error_line(2);
        assert!(line.contains("--token") && !line.contains("hk_"), "{line}");
    }
    for (name, bytes) in
        [("empty", &b""[..]), ("binary", b"\xff\xfe"), ("large", &[b'a'; 5000]), ("two", b"hk_a\nhk_b\n")]
    {
        fs::write(place.folder().join(name), bytes).expect("a file");
        let line = place.run(&["send", "team_changed", "--token-file", name]).error_line(2);
        assert!(line.contains(name) && !line.contains("hk_a"), "{line}");
    }
    for file in ["missing", "."] {
        let line = place.run(&["send", "team_changed", "--token-file", file]).error_line(2);
        assert!(line.contains("--token-file") && line.contains(file), "{line}");
    }
    let line = place.run(&["send", "team_changed", "--token", "hk_a", "--token-file", "two"]).error_line(2);
    assert!(line.contains("--token-file") && !line.contains("hk_a"), "{line}");
    let place = place.set("HACHOK_TOKEN", "hk_secret");
    assert!(!place.run_ok(&["send", "--help"]).contains("hk_secret"));
    let line = place.run(&["send", "team_changed"]).error_line(1);
    assert!(line.contains("no server at") && line.contains("--server") && !line.contains("hk_secret"), "{line}");
}

#[test]
fn an_unknown_event_is_a_usage_error_with_the_nearest_names() {
    let place = Place::bare();
    let line = place.run(&["send", "mesage_created"]).error_line(2);
    assert!(line.contains("\"mesage_created\"") && line.contains("message_created, "), "{line}");
    for name in [&"x".repeat(10_000), "webhook_test", "", "hk_0123456789012345678901234567890123456789"] {
        let line = place.run(&["send", name]).error_line(2);
        assert!(line.contains("hachok send --help") && line.len() < 120, "{line}");
    }
    let help = place.run_ok(&["send", "--help"]);
    assert!(help.contains("conversation_substatus_changed"), "{help}");
    for inbox in ["", &"x".repeat(65)] {
        let line = place.run(&["send", "team_changed", "--inbox", inbox]).error_line(2);
        assert!(line.contains("--inbox"), "{line}");
    }
}

#[test]
fn a_file_that_holds_no_event_is_named_with_the_fault() {
    let place = Place::bare().set("HACHOK_TOKEN", "hk_a").set("HACHOK_SERVER", &ClosedPort::new().at(""));
    let write = |name: &str, bytes: &[u8]| fs::write(place.folder().join(name), bytes).expect("a file");
    write("text.json", b"{\"a\":\"\xd1\"}");
    write("list.json", b"[]");
    write("large.json", &vec![b' '; 3 * 1024 * 1024]);
    write("other.json", b"{\"event\":\"team_changed\"}");
    for (file, code, words) in [
        ("missing.json", 1, "No such file"),
        (".", 1, "directory"),
        ("/dev/zero", 1, "larger than 2097152 bytes"),
        ("large.json", 1, "larger than 2097152 bytes"),
        ("text.json", 1, "not UTF-8"),
        ("list.json", 1, "not a JSON object"),
        ("other.json", 2, "\"team_changed\", not message_created"),
    ] {
        let line = place.run(&["send", "message_created", "--file", file]).error_line(code);
        assert!(line.contains(words), "{file}: {line}");
        assert!(code == 2 || line.contains(file), "{file}: {line}");
    }
    assert_eq!(place.files("data"), [""; 0]);
}

#[tokio::test]
async fn an_answer_that_is_not_of_hachok_is_reported_in_one_line() {
    let receiver = Receiver::start();
    let place = Place::bare().set("HACHOK_TOKEN", "hk_a").set("HACHOK_SERVER", &receiver.url);
    let html = |status, body: Vec<u8>| Reply::Full(status, vec![("content-type", "text/html".into())], body);
    let moved = Reply::Full(301, vec![("location", "https://hooks.example.com/".into())], Vec::new());
    let busy = br#"{"type":"urn:hachok:problem:overloaded","detail":"x"}"#.to_vec();
    for (reply, words) in [
        (html(200, b"<html>\n<p>Sign in\x1b[31m</p>\n".to_vec()), "answered 200, but not as Hachok does"),
        (html(403, b"<html>".to_vec()), "answered 403, but not as Hachok does"),
        (html(502, b"<html>".to_vec()), "proxy"),
        (html(202, vec![b'x'; 100 * 1024 * 1024]), "answered 202, but not as Hachok does"),
        (moved, "redirects to https://hooks.example.com/: set --server"),
        (Reply::Full(503, vec![("retry-after", "3".into())], busy), "send it again in 3 s"),
        (Reply::Raw(b"SSH-2.0-OpenSSH\r\n".to_vec()), "is it Hachok?"),
        (Reply::Close, "is it Hachok?"),
    ] {
        receiver.answers("/api/v1/events", [reply]);
        let line = place.run(&["send", "team_changed"]).error_line(1);
        assert!(line.contains(words) && line.contains(&receiver.url), "{words}: {line}");
        assert!(!line.contains('\u{1b}') && line.len() < 400, "{line}");
    }
    assert_eq!(receiver.seen("/").len(), 0, "a redirect is not followed");
    let got = receiver.first("/api/v1/events").await;
    assert_eq!(got.header("authorization"), "Bearer hk_a");
    assert_eq!(place.files("."), [""; 0]);
}

#[test]
fn a_flag_comes_before_the_variable_of_the_other_place_of_the_token() {
    let closed = ClosedPort::new();
    let place = Place::bare().set("HACHOK_SERVER", &closed.at("")).set("HACHOK_TOKEN", "hk_a");
    let line = place.run(&["send", "team_changed", "--token-file", "missing"]).error_line(2);
    assert!(line.contains("missing: No such file"), "{line}");
    let line = place.run(&["send", "team_changed", "--token-file=missing"]).error_line(2);
    assert!(line.contains("missing: No such file"), "{line}");
    let place = place.set("HACHOK_TOKEN_FILE", "missing");
    let line = place.run(&["send", "team_changed"]).error_line(2);
    assert!(line.contains("cannot be used with"), "{line}");
    let line = place.run(&["send", "team_changed", "--token", "hk_b"]).error_line(1);
    assert!(line.contains("no server at"), "{line}");
}

#[tokio::test]
async fn an_empty_variable_is_unset() {
    let mut app = reachable("ingest");
    app.change("HACHOK_TOKEN", "");
    app.run_ok(&["send", "team_changed"]);
}
