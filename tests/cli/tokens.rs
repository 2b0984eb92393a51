use crate::support::{App, Place, event};

#[test]
fn a_new_token_is_the_only_output_and_not_shown_again() {
    let place = Place::with_tables();
    let ran = place.run(&["token", "add", "--name", "desk", "--scope", "ingest"]);
    let token = ran.stdout.trim_end_matches('\n').to_owned();
    assert!(token.starts_with("hk_") && !token.contains(char::is_whitespace), "{ran:?}");
    let list = place.run_ok(&["token", "list"]);
    assert!(list.contains("desk") && list.contains("ingest") && !list.contains(&token), "{list}");
    if place.is_sqlite() {
        let stored = place.stored_bytes();
        assert!(!stored.windows(token.len()).any(|part| part == token.as_bytes()), "only its hash is stored");
    }
}

#[tokio::test]
async fn a_token_may_have_several_scopes() {
    let app = App::start();
    let token = app.run_ok(&["token", "add", "--name", "desk", "--scope", "read,ingest"]);
    assert!(app.run_ok(&["token", "list"]).contains("\tingest,read\t"));
    let api = crate::support::Api::new(&app.url, &token);
    assert_eq!(api.send(event("message_created")).await.status, 202);
    assert_eq!(api.get("webhooks").await.status, 200);
    assert_eq!(api.post("inboxes", &serde_json::json!({ "name": "x" })).await.status, 401);
}

#[test]
fn a_bad_token_request_is_refused() {
    let place = Place::with_tables();
    for arguments in [
        &["token", "add", "--name", "x", "--scope", "everything"][..],
        &["token", "add", "--name", "x", "--scope", "read,everything"],
        &["token", "add", "--name", "x", "--scope", ""],
        &["token", "add", "--name", "x", "--scope", ","],
        &["token", "add", "--name", "x"],
        &["token", "add", "--name", "x", "--scope", "read", "--expires", "soon"],
        &["token", "add", "--name", "x", "--scope", "read", "--expires", "0d"],
        &["token", "revoke", "nonsense"],
    ] {
        let ran = place.run(arguments);
        assert_eq!(ran.code, Some(2), "{arguments:?}: {ran:?}");
        assert!(ran.stdout.is_empty(), "{ran:?}");
    }
    let line = place.run(&["token", "revoke", "999"]).error_line(1);
    assert!(line.contains("999"), "{line}");
}

#[tokio::test]
async fn a_token_added_while_the_server_runs_works_at_once() {
    let app = App::start();
    assert_eq!(app.api("ingest").send(event("message_created")).await.status, 202);
}

#[test]
fn a_token_may_have_an_expiry() {
    let place = Place::with_tables();
    let token = place.run_ok(&["token", "add", "--name", "x", "--scope", "read", "--expires", "90d"]);
    assert!(token.starts_with("hk_"), "{token}");
}

#[tokio::test]
async fn a_revoked_token_is_refused_even_if_it_was_cached() {
    let app = App::start();
    let api = app.api("ingest");
    assert_eq!(api.send(event("message_created")).await.status, 202);
    app.run_ok(&["token", "revoke", "1"]);
    assert_eq!(api.send(event("message_created")).await.status, 401);
    assert_eq!(api.send(event("message_created")).await.status, 401);
}
