//! How large a form may be, with and without a session.

use serde_json::json;

use crate::pages::good_form;
use crate::support::{App, Form, PASSWORD, Page, Place, Raw, Receiver, Visitor, webhook};

const KIB: usize = 1024;
const FORM: &str = "content-type: application/x-www-form-urlencoded";

/// The form with an additional last field, so that its body has that many bytes.
fn filled(form: &Form, bytes: usize) -> Form {
    let form = form.clone().set("filler", "");
    let length = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&form.fields).finish().len();
    form.set("filler", &"a".repeat(bytes - length))
}

/// The form with that many fields.
fn with_fields(form: &Form, count: usize) -> Form {
    let mut form = form.clone();
    while form.fields.len() < count {
        form.fields.push(("a".to_owned(), String::new()));
    }
    form
}

/// The four forms that are sent without a session.
async fn strangers_forms(app: &App) -> Vec<(Visitor, Form)> {
    let visitor = app.visitor();
    let set_up = visitor.open(&app.set_up_link()).await.form("[type=password]");
    let mut forms = vec![(visitor, set_up)];
    let admin = app.admin().await;
    let page = admin.open("/users").await.form("#f-email").fill("f-email", "new@example.com").set("role", "viewer");
    let page = admin.follow(page).await;
    let link = page.body.split("/invite/").nth(1).and_then(|rest| rest.split(['"', '<', '&']).next()).expect("a link");
    let visitor = app.visitor();
    let invitation = visitor.open(&format!("/invite/{link}")).await.form("[type=password]");
    forms.push((visitor, invitation));
    let visitor = app.visitor();
    let sign_in = visitor.open("/sign-in").await.form("[name=password]");
    let sign_in = sign_in.set("email", "nobody@example.com").set("password", PASSWORD);
    forms.push((visitor, sign_in));
    let sign_out = admin.open("/webhooks").await.form_to("/sign-out");
    forms.push((admin, sign_out));
    forms
}

#[tokio::test]
async fn a_form_without_a_session_has_at_most_16_kib_and_50_fields() {
    let app = App::start();
    for (visitor, form) in strangers_forms(&app).await {
        let refused = |page: Page| assert_eq!((page.status, page.text("h1").as_str()), (413, "The form is too large"));
        refused(visitor.submit(filled(&form, 16 * KIB + 1)).await);
        refused(visitor.submit(with_fields(&form, 51)).await);
        refused(visitor.submit(with_fields(&form, 7000)).await);
        let allowed = visitor.submit(filled(&with_fields(&form, 49), 16 * KIB)).await;
        assert!(matches!(allowed.status, 303 | 422 | 404), "{}: {}", form.action, allowed.status);
    }
}

#[tokio::test]
async fn the_413_page_is_in_both_languages() {
    let app = App::start();
    for (language, words) in [("en", "The form is too large"), ("uk", "Форма завелика")] {
        let visitor = app.visitor().speaking(language);
        let form = visitor.open("/sign-in").await.form("[name=password]");
        assert_eq!(visitor.submit(with_fields(&form, 51)).await.expect(413).text("h1"), words);
    }
    let admin = app.admin().await;
    let form = good_form(&admin, "https://a.example.com/").await;
    let page = admin.submit(with_fields(&form, 5001)).await.expect(413);
    assert!(page.says("what you typed was not kept"), "{}", page.text("main"));
    assert!(page.links().contains(&"/webhooks/new".to_owned()), "{:?}", page.links());
}

#[tokio::test]
async fn a_signed_in_form_has_at_most_512_kib_and_5000_fields() {
    let app = App::start();
    let admin = app.admin().await;
    let form = good_form(&admin, "https://a.example.com/").await;
    admin.submit(filled(&form, 512 * KIB + 1)).await.expect(413);
    admin.submit(with_fields(&form, 5001)).await.expect(413);
    admin.submit(filled(&with_fields(&form, 4999), 512 * KIB)).await.leads_to();
}

#[tokio::test]
async fn the_largest_event_can_be_tested_and_verified() {
    let app = App::at(Place::new().set("HACHOK_MAX_PAYLOAD", "4096"));
    let admin = app.admin().await;
    let receiver = Receiver::start();
    let made = app.api("admin").webhook(&webhook(&receiver.at("/"))).await;
    let id = made["id"].as_i64().expect("an id");
    // Each byte of a letter outside ASCII is sent as three.
    let body = |bytes: usize| format!("{{\"a\":\"{}\"}}", "я".repeat((bytes - 8) / 2));
    let form = admin.open(&format!("/webhooks/{id}/test")).await.form("[name=body]");
    let sent = admin.submit(form.clone().set("event", "webhook_test").set("body", &body(4096))).await;
    assert_eq!(sent.status, 303, "{}", sent.text("body"));
    let page = admin.submit(form.clone().set("event", "webhook_test").set("body", &body(4098))).await.expect(422);
    assert!(page.says("The body is too large"), "{}", page.text("body"));
    admin.submit(filled(&form, 3 * 4096 + 16 * KIB + 1)).await.expect(413);
    let form = admin.open(&format!("/webhooks/{id}/verify")).await.form("[name=body]");
    admin.submit(form.clone().set("body", &body(4096))).await.expect(200);
    admin.submit(filled(&form, 3 * 4096 + 16 * KIB + 1)).await.expect(413);
}

/// 1,001 inboxes, numbered from 1.
fn many_inboxes(app: &App) {
    app.run_sql(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1001)
         INSERT INTO inboxes (external_id, name, created_at) SELECT 'x' || i, 'Inbox ' || i, 0 FROM n",
    );
}

#[tokio::test]
async fn the_largest_webhook_that_validation_allows_is_saved() {
    let app = App::start();
    let admin = app.admin().await;
    many_inboxes(&app);
    let url = format!("https://a.example.com/{}", "%22".repeat(675) + "a");
    let mut form = good_form(&admin, &url).await.set("name", &"я".repeat(120)).set("timeout_s", "20");
    form = form.set("auth", "custom").set("custom_name", &"!".repeat(128)).set("custom_value", &"\"".repeat(4096));
    let events = app.api("read").get("event_types").await.json();
    form.fields.retain(|(name, _)| name != "events" && name != "inboxes" && !name.starts_with("headers["));
    for event in events["payload"].as_array().expect("a list") {
        form.fields.push(("events".into(), event["name"].as_str().or(event.as_str()).expect("a name").into()));
    }
    form = form.set("inbox_scope", "selected");
    for id in 1..=1000 {
        form.fields.push(("inboxes".into(), id.to_string()));
    }
    for row in 0..20 {
        form.fields.push((format!("headers[{row}][name]"), format!("{row:|>128}")));
        form.fields.push((format!("headers[{row}][value]"), "\"".repeat(4096)));
        form.fields.push((format!("headers[{row}][hide]"), "on".into()));
    }
    let page = admin.submit(form.clone()).await;
    assert_eq!(page.status, 303, "{}", page.text("#errsum"));
    let stored = app.api("read").get("webhooks").await.json();
    let stored = &stored["payload"]["webhooks"][0];
    assert_eq!(stored["inbox_ids"].as_array().map(Vec::len), Some(1000));
    assert_eq!(stored["headers"].as_object().map(serde_json::Map::len), Some(20));
    // One more is refused, on the page and in the API.
    for (language, words) in [("en", "up to 1,000 inboxes"), ("uk", "не більше ніж 1 000 каналів")] {
        let mut more = form.clone().set("once", language);
        more.fields.push(("inboxes".into(), "1001".into()));
        more.action = format!("/webhooks?lang={language}");
        let page = admin.submit(more).await.expect(422);
        assert!(page.error("inboxes").contains(words), "{}", page.error("inboxes"));
    }
    let ids: Vec<i64> = (1..=1001).collect();
    let mut wanted = webhook("https://b.example.com/");
    wanted["inbox_ids"] = json!(ids);
    let answer = app.api("admin").post("webhooks", &wanted).await;
    assert_eq!(answer.status, 422, "{answer:?}");
    assert_eq!(answer.json()["attributes"], json!(["inbox_ids"]));
    wanted["inbox_ids"] = json!(ids[..1000]);
    app.api("admin").webhook(&wanted).await;
}

#[tokio::test]
async fn a_request_without_a_session_is_answered_before_its_body_is_read() {
    let app = App::start();
    app.user("anna@example.com", "admin", PASSWORD);
    for (path, status) in [
        ("/sign-in", 403),
        ("/sign-out", 403),
        ("/webhooks", 303),
        ("/webhooks/1", 303),
        ("/webhooks/1/test", 303),
        ("/tokens", 303),
        ("/profile/password", 303),
        ("/no-such-page", 404),
    ] {
        // Only the head of each request is sent.
        for length in ["content-length: 1000", "content-length: 99999999", "transfer-encoding: chunked"] {
            let mut raw = Raw::connect(&app.url).await;
            raw.post(path, &[FORM, length]).await;
            let answer = raw.until("\r\n\r\n").await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{path} {length}: {answer}");
        }
    }
}

#[tokio::test]
async fn a_refusal_arrives_while_the_body_is_still_being_sent() {
    let app = App::start();
    let cookie = format!("cookie: hachok_form={}", "a".repeat(64));
    let body = "a".repeat(1024 * KIB);
    let mut sent = Vec::new();
    for (path, lines, status) in [
        ("/sign-in", [cookie.as_str(), FORM], 413),
        ("/sign-in", ["x-none: x", FORM], 403),
        ("/webhooks", ["x-none: x", FORM], 303),
        ("/api/v1/events", ["authorization: Bearer no", "content-type: application/json"], 401),
        ("/api/v1/accounts/1/webhooks", ["authorization: Bearer no", "content-type: application/json"], 401),
    ] {
        for chunked in [false, true] {
            let (url, body) = (&app.url, &body);
            sent.push(async move {
                let mut raw = Raw::connect(url).await;
                let length = format!("content-length: {}", body.len());
                raw.post(path, &[lines[0], lines[1], if chunked { "transfer-encoding: chunked" } else { &length }])
                    .await;
                if chunked {
                    raw.send(format!("{:x}\r\n", body.len())).await;
                }
                raw.send(body).await;
                let answer = raw.rest().await;
                assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{path} chunked {chunked}: {answer}");
                let closes = answer.to_ascii_lowercase().contains("connection: close");
                assert!(closes, "{path} chunked {chunked}: {answer}");
            });
        }
    }
    // Each connection is closed a second after its response.
    futures_util::future::join_all(sent).await;
}

#[tokio::test]
async fn a_page_is_short_regardless_of_what_in_a_form_or_query_is_long() {
    let app = App::start();
    let admin = app.admin().await;
    let usual = admin.open("/webhooks/new").await.body.len();
    let mut form = good_form(&admin, "https://a.example.com/").await.set("inbox_scope", "selected");
    for number in 0..2400 {
        form.fields.push(("events".into(), format!("unknown_{number}")));
        form.fields.push(("inboxes".into(), format!("unknown {number}")));
    }
    let page = admin.submit(form).await.expect(422);
    assert!(page.body.len() < usual + 5000, "{} bytes, {usual} without faults", page.body.len());
    let usual = admin.open("/deliveries").await.body.len();
    for query in [format!("q={}", "a".repeat(60_000)), "parameter=value&".repeat(3000)] {
        let page = admin.get(&format!("/deliveries?{query}")).await;
        assert!(page.body.len() < usual + 30_000, "{} bytes, {usual} without a query", page.body.len());
        let target = app.visitor().get(&format!("/deliveries?{query}")).await.leads_to();
        assert_eq!(target, "/sign-in?next=%2Fdeliveries");
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_gets_no_100_continue() {
    let app = App::at(Place::new().set("HACHOK_MAX_PAYLOAD", "4096"));
    let cookie = format!("cookie: hachok_form={}", "a".repeat(64));
    for (path, limit) in [
        ("/sign-in", 16 * KIB),
        ("/setup", 16 * KIB),
        ("/sign-out", 16 * KIB),
        ("/invite/0123456789abcdef", 16 * KIB),
        ("/webhooks", 512 * KIB),
        ("/webhooks/1/test", 3 * 4096 + 16 * KIB),
        ("/webhooks/1/verify", 3 * 4096 + 16 * KIB),
        // A batch, whatever an event may have.
        ("/api/v1/events", 8 * 1024 * KIB),
        ("/api/v1/accounts/1/webhooks", 4 * 1024 * KIB),
    ] {
        let ask = async |length: usize| {
            let mut raw = Raw::connect(&app.url).await;
            let length = format!("content-length: {length}");
            raw.post(path, &[FORM, &cookie, "expect: 100-continue", "accept-language: uk", &length]).await;
            raw.until("\r\n\r\n").await
        };
        let refused = ask(limit + 1).await;
        assert!(refused.starts_with("HTTP/1.1 413 ") && !refused.contains("100 Continue"), "{path}: {refused}");
        let kind = if path.starts_with("/api/") { "json" } else { "text/html" };
        assert!(refused.contains(kind) && refused.contains("content-security-policy"), "{path}: {refused}");
        assert!(ask(limit).await.starts_with("HTTP/1.1 100 Continue\r\n"), "{path}");
        assert!(ask(99_999_999).await.starts_with("HTTP/1.1 413 "), "{path}");
    }
}
