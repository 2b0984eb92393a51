use crate::support::{App, Place, event};

#[test]
fn a_token_is_printed_alone_and_once() {
    let place = Place::with_tables();
    let ran = place.run(&["token", "add", "--name", "desk", "--scope", "ingest"]);
    let token = ran.stdout.trim_end_matches('\n').to_owned();
    assert!(token.starts_with("hk_") && !token.contains(char::is_whitespace), "{ran:?}");
    let list = place.say(&["token", "list"]);
    assert!(list.contains("desk") && list.contains("ingest") && !list.contains(&token), "{list}");
    if place.is_sqlite() {
        let stored = place.stored_bytes();
        assert!(!stored.windows(token.len()).any(|part| part == token.as_bytes()), "only its hash is stored");
    }
}

#[test]
fn a_bad_token_request_is_refused() {
    let place = Place::with_tables();
    for arguments in [
        &["token", "add", "--name", "x", "--scope", "everything"][..],
        &["token", "add", "--name", "x"],
        &["token", "add", "--name", "x", "--scope", "read", "--expires", "soon"],
        &["token", "add", "--name", "x", "--scope", "read", "--expires", "0d"],
        &["token", "revoke", "nonsense"],
    ] {
        let ran = place.run(arguments);
        assert_eq!(ran.code, Some(2), "{arguments:?}: {ran:?}");
        assert!(ran.stdout.is_empty(), "{ran:?}");
    }
    let line = place.run(&["token", "revoke", "999"]).complaint(1);
    assert!(line.contains("999"), "{line}");
}

#[tokio::test]
async fn a_token_made_beside_a_running_server_works_at_once() {
    let app = App::start();
    assert_eq!(app.api("ingest").send(event("message_created")).await.status, 202);
}

#[test]
fn a_time_to_live_is_taken() {
    let place = Place::with_tables();
    let token = place.say(&["token", "add", "--name", "x", "--scope", "read", "--expires", "90d"]);
    assert!(token.starts_with("hk_"), "{token}");
}

#[tokio::test]
async fn a_token_that_has_sent_events_sends_no_more_once_it_is_revoked() {
    let app = App::start();
    let api = app.api("ingest");
    assert_eq!(api.send(event("message_created")).await.status, 202);
    app.say(&["token", "revoke", "1"]);
    assert_eq!(api.send(event("message_created")).await.status, 401);
    assert_eq!(api.send(event("message_created")).await.status, 401);
}
