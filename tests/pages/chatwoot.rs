//! Connecting a Chatwoot, and the page of a connection.

use crate::support::chatwoot::{ACCOUNT, ADMIN_TOKEN, AGENT_TOKEN, Chatwoot, connect, now, send};
use crate::support::{App, Page, Receiver, Reply, Visitor, eventually, webhook};

async fn try_to_connect(visitor: &Visitor, url: &str, token: &str) -> Page {
    let form = visitor.open("/chatwoot").await.form("#f-chatwoot-url");
    visitor.submit(form.fill("f-chatwoot-url", url).fill("f-chatwoot-token", token)).await
}

#[tokio::test]
async fn what_does_not_connect_is_explained_and_what_was_typed_stays_but_the_token() {
    let (app, desk, other) = (App::start(), Chatwoot::start(), Receiver::start());
    let admin = app.admin().await;
    other.answers("/gone/api/v1/profile", [Reply::Status(404)]);
    other.answers("/moved/api/v1/profile", [Reply::Full(301, vec![("location", desk.url.clone())], Vec::new())]);
    other.answers("/busy/api/v1/profile", [Reply::Status(429)]);
    other.answers("/page/api/v1/profile", [Reply::Full(200, Vec::new(), b"<html>".to_vec())]);
    other.answers("/closes/api/v1/profile", [Reply::Close]);
    for (url, token, slug, words) in [
        (desk.url.as_str(), "unknown-token", "chatwoot-token", "Chatwoot does not accept this token"),
        (&desk.url, AGENT_TOKEN, "chatwoot-token", "not an administrator"),
        (&desk.url, "", "chatwoot-token", "Enter the token"),
        ("chat", ADMIN_TOKEN, "chatwoot-url", "Enter the address at which you open Chatwoot"),
        ("https://10.1.2.3", ADMIN_TOKEN, "chatwoot-url", "private or denied network"),
        (&app.url, ADMIN_TOKEN, "chatwoot-url", "points to this server itself"),
        (&other.at("/gone"), ADMIN_TOKEN, "chatwoot-url", "did not come from Chatwoot"),
        (&other.at("/page"), ADMIN_TOKEN, "chatwoot-url", "did not come from Chatwoot"),
        (&other.at("/moved"), ADMIN_TOKEN, "chatwoot-url", "redirects to another one"),
        (&other.at("/busy"), ADMIN_TOKEN, "chatwoot-url", "limits the number of requests"),
        (&other.at("/closes"), ADMIN_TOKEN, "chatwoot-url", "The connection was closed"),
    ] {
        let page = try_to_connect(&admin, url, token).await.expect(422);
        assert!(page.error(slug).contains(words), "{url}: {}", page.text(".errors, body"));
        assert_eq!(page.attribute("#f-chatwoot-url", "value").as_deref(), Some(url));
        assert!(!page.body.contains(ADMIN_TOKEN) && page.attribute("#f-chatwoot-token", "value").is_none());
    }
    assert!(admin.open("/chatwoot").await.says("No Chatwoot connected yet"));
    assert!(!app.log().contains(ADMIN_TOKEN));
}

#[tokio::test]
async fn a_fault_that_a_newer_version_stored_is_shown_as_an_unknown_one() {
    let (app, desk) = (App::start(), Chatwoot::start());
    let admin = app.admin().await;
    let page = connect(&admin, &desk).await;
    app.run_sql(
        "UPDATE chatwoot_connections SET problem = 'of_tomorrow', problem_at = 1, next_check_at = 9000000000000000",
    );
    let shown = admin.open(&page).await;
    assert!(shown.says("for a reason that this version of Hachok does not know"), "{}", shown.text("main"));
    admin.open("/chatwoot").await;
}

#[tokio::test]
async fn missing_events_of_a_kind_that_a_newer_version_stored_are_left_to_it() {
    let (app, desk) = (App::start(), Chatwoot::start());
    let admin = app.admin().await;
    let page = format!("{}/missing", connect(&admin, &desk).await);
    let body = if app.is_sqlite() { "x''" } else { "''" };
    app.run_sql(&format!(
        "INSERT INTO chatwoot_missing \
         (connection_id, kind, subject, conversation_id, changed, occurred_at, found_at, wanted_at, body) \
         SELECT id, 'of_tomorrow', 7, 7, 0, 1, 1, 1, {body} FROM chatwoot_connections"
    ));
    let shown = admin.open(&page).await;
    assert!(!shown.has("form [name=item]"), "{}", shown.text("main"));
    let form =
        eventually("a comparison", || async { admin.open(&page).await.find_form("form[action$='/comparison']") });
    let form = form.await;
    assert_eq!(admin.submit(form).await.status, 303);
    admin.open(&page).await;
}

#[tokio::test]
async fn one_webhook_is_registered_with_what_webhooks_need_and_repaired_until_disconnected() {
    let (app, desk) = (App::start(), Chatwoot::start());
    let (admin, api) = (app.admin().await, app.api("admin"));
    let page = connect(&admin, &desk).await;
    let shown = admin.open(&page).await;
    let facts = shown.text(".facts");
    assert!(
        shown.says("Chatwoot was connected") && shown.says("Waiting for the first event"),
        "{}",
        shown.text("body")
    );
    assert!(facts.contains(&ACCOUNT.to_string()) && facts.contains("Checked"), "{facts}");
    assert_eq!(shown.text("#ingest-url"), desk.webhook().url);
    assert_eq!(desk.webhook().subscriptions.len(), 5, "a Chatwoot without webhooks here: {:?}", desk.webhook());

    let mut wanted = webhook("https://a.example.com/hook");
    wanted["subscriptions"] = serde_json::json!(["message_received", "team_changed"]);
    api.webhook(&wanted).await;
    let expected = ["conversation_updated", "conversation_created", "message_created"];
    eventually("the events of the new webhook", || async { (desk.webhook().subscriptions == expected).then_some(()) })
        .await;
    let check = async || admin.submit(admin.open(&page).await.form_to(&format!("{page}/check"))).await.leads_to();
    desk.desk().webhooks[0].subscriptions = vec!["contact_created".into()];
    check().await;
    assert_eq!(desk.webhook().subscriptions, expected);
    let removed = desk.webhook();
    desk.desk().webhooks.clear();
    check().await;
    assert!(desk.webhook().id != removed.id && desk.webhook().url == removed.url);

    desk.desk().trouble = Some(Reply::Status(502));
    check().await;
    let troubled = admin.open(&page).await;
    assert!(
        troubled.says("The response did not come from Chatwoot") && troubled.says("502"),
        "{}",
        troubled.text("body")
    );
    assert!(troubled.says("Needs attention"));
    desk.desk().trouble = None;
    check().await;
    assert!(admin.open(&page).await.says("The connection works"));

    let viewer = app.signed_in("viewer").await;
    let seen = viewer.open(&page).await;
    assert!(
        seen.says("Nova Shop") && !seen.body.contains("/ingest/chatwoot/") && !seen.has("form[action^='/chatwoot']")
    );
    assert!(!viewer.open("/chatwoot").await.has("form[action^='/chatwoot']"));

    let question = admin.open(&format!("{page}/disconnection")).await;
    admin.submit(question.form_to(&format!("{page}/disconnection"))).await.leads_to();
    let ended = admin.open(&page).await;
    assert!(ended.says("Disconnected") && !ended.body.contains("/ingest/chatwoot/"));
    assert!(desk.desk().webhooks.is_empty());
    let url = &removed.url;
    let late = send(url, r#"{"event":"message_created"}"#, removed.secret.as_deref(), now(), None).await;
    assert_eq!(late.status, 401);
    assert_eq!(connect(&admin, &desk).await, page, "the same row, so the same inboxes");
    assert_eq!(desk.webhook().url, *url);
    desk.desk().trouble = Some(Reply::Close);
    let question = admin.open(&format!("{page}/disconnection")).await;
    admin.submit(question.form_to(&format!("{page}/disconnection"))).await.leads_to();
    let left = admin.open(&page).await;
    assert!(left.says("remove it there yourself") && left.says("Disconnected"), "{}", left.text("body"));
}

#[tokio::test]
async fn a_token_of_several_accounts_asks_which_one_and_an_old_chatwoot_does_not_sign() {
    let (app, desk) = (App::start(), Chatwoot::start());
    let admin = app.admin().await;
    desk.desk().accounts.push((5, "Друга <b>крамниця</b>".into()));
    desk.desk().signs = false;
    let page = try_to_connect(&admin, &desk.url, ADMIN_TOKEN).await.expect(200);
    assert!(page.says("Друга <b>крамниця</b>") && !page.body.contains(ADMIN_TOKEN));
    let form = page.form_to("/chatwoot/accounts");
    let forged = form.clone().set("choice", "v1:0:0:0");
    assert!(admin.submit(forged).await.expect(422).says("open for too long"));
    let path = admin.submit(form.set("account", "5")).await.leads_to();
    assert!(desk.desk().calls.iter().any(|call| call == "POST /api/v1/accounts/5/webhooks"));
    let shown = admin.open(&path).await;
    assert!(shown.says("Not checked") && shown.says("only the key in the URL protects them"), "{}", shown.text("body"));
    let body = r#"{"event":"message_created","account":{"id":5}}"#;
    assert_eq!(send(&desk.webhook().url, body, None, now(), None).await.status, 200);
}

#[tokio::test]
async fn a_connection_is_set_up_by_hand() {
    let app = App::start();
    let admin = app.admin().await;
    let form = admin.open("/chatwoot").await.form("#f-chatwoot-name");
    let wrong = form.clone().fill("f-chatwoot-account", "three");
    let page = admin.submit(wrong).await.expect(422);
    assert!(page.error("chatwoot-name").contains("Enter a name") && page.error("chatwoot-account").contains("number"));
    let by_address = "https://chat.example.com/app/accounts/3/dashboard";
    let path =
        admin.submit(form.fill("f-chatwoot-name", "Крамниця").fill("f-chatwoot-account", by_address)).await.leads_to();
    let page = admin.open(&path).await;
    let url = page.text("#ingest-url");
    let body = |n: u32| format!(r#"{{"event":"message_created","id":{n},"account":{{"id":3}}}}"#);
    assert_eq!(send(&url, &body(1), None, now(), None).await.status, 200);
    assert_eq!(send(&url, &body(1).replace("3}", "4}"), None, now(), None).await.status, 403);
    let secret = page.form_to(&format!("{path}/secret"));
    let bad = admin.submit(secret.clone().set("secret", "a b")).await.expect(422);
    assert!(bad.error("chatwoot-secret").contains("as Chatwoot shows it"));
    admin.submit(secret.set("secret", "wh3kQm8Zt1cVb5Xy7Ns2Rd9P")).await.leads_to();
    assert_eq!(send(&url, &body(2), None, now(), None).await.status, 401);
    assert_eq!(send(&url, &body(2), Some("wh3kQm8Zt1cVb5Xy7Ns2Rd9P"), now(), None).await.status, 200);
    assert!(!admin.open(&path).await.body.contains("wh3kQm8Zt1cVb5Xy7Ns2Rd9P"));
}
