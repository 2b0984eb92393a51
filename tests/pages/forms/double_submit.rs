//! Forms that create or send something act once, even if they are posted several times.

use serde_json::json;

use crate::pages::{good_form, made, make_webhook};
use crate::support::{App, Form, PASSWORD, Page, Receiver, Reply, Visitor, event, eventually};

/// Counts of what pages and API list.
async fn counts(app: &App, admin: &Visitor) -> Vec<usize> {
    let api = app.api("admin");
    let list = |answer: crate::support::Answer, name: &str| match name {
        "" => answer.json()["payload"].as_array().map_or(0, Vec::len),
        name => answer.json()["payload"][name].as_array().map_or(0, Vec::len),
    };
    vec![
        list(api.get("webhooks").await, "webhooks"),
        list(api.get("inboxes").await, ""),
        api.deliveries("limit=100").await.len(),
        admin.open("/users").await.body.matches("/withdrawal\"").count(),
        // Each count creates a token named "test".
        admin.open("/tokens").await.texts("tbody .name").iter().filter(|name| *name != "test").count(),
    ]
}

/// An installation with something to send, and every form that creates or sends something.
async fn world() -> (App, Visitor, Receiver, Vec<Form>) {
    let (app, receiver) = (App::start(), Receiver::start());
    let (admin, api) = (app.admin().await, app.api("admin"));
    app.signed_in("viewer").await;
    let (id, _) = make_webhook(&admin, &receiver.at("/a")).await;
    let event_id = api.accepted(event("message_created")).await;
    let delivery =
        eventually("a delivery", || async { api.deliveries("status=success").await.into_iter().next() }).await;
    receiver.answers("/b", [Reply::Status(500)]);
    api.webhook(&json!({ "url": receiver.at("/b"), "subscriptions": ["contact_created"] })).await;
    api.accepted(event("contact_created")).await;
    eventually("a failure", || async { (api.deliveries("q=500").await.len() == 1).then_some(()) }).await;
    app.run_sql(
        "UPDATE deliveries SET status = 'failed', reason = 'exhausted', next_attempt_at = NULL, leased_until = NULL \
         WHERE event = 'contact_created'",
    );
    let delivery = format!("/deliveries/{}", delivery["id"].as_str().unwrap_or_default());
    let viewer = admin.open("/users").await.links().into_iter().rfind(|link| link.starts_with("/users/")).expect("one");
    let resend = admin.open("/deliveries/resend?from=2026-01-01T00:00").await;
    let forms = vec![
        good_form(&admin, "https://b.example.com/").await,
        admin.open("/inboxes").await.form("#f-inbox-name").fill("f-inbox-name", "Sales"),
        admin.open("/tokens").await.form("#f-token-name").fill("f-token-name", "Desk"),
        admin.open("/users").await.form("#f-email").fill("f-email", "anna@example.com"),
        admin.open(&viewer).await.form_to(&format!("{viewer}/password-link")),
        admin.open(&format!("/webhooks/{id}/secret")).await.form("[name=overlap]"),
        admin.open(&format!("/webhooks/{id}/test")).await.form("#f-body"),
        admin.open(&delivery).await.form_to(&format!("{delivery}/redelivery")),
        admin.open(&format!("/received/{event_id}")).await.form("#f-webhook").set("webhook", "1"),
        resend.form("#found form"),
    ];
    (app, admin, receiver, forms)
}

#[tokio::test]
async fn a_second_post_of_a_form_gets_the_first_answer() {
    let (app, admin, _receiver, forms) = world().await;
    for form in forms {
        let action = form.action.clone();
        assert!(form.value("once").len() >= 16, "a once-token on {action}");
        let first = admin.submit(form.clone()).await.leads_to();
        let after = counts(&app, &admin).await;
        for _ in 0..2 {
            assert_eq!(admin.submit(form.clone()).await.leads_to(), first, "{action}");
        }
        if action == "/deliveries/resend" {
            continue; // The recovery creates its deliveries over time.
        }
        assert_eq!(counts(&app, &admin).await, after, "{action} created nothing more");
    }
}

#[tokio::test]
async fn a_form_that_is_posted_twice_at_once_acts_once() {
    let (app, admin, receiver, forms) = world().await;
    for form in forms.into_iter().filter(|form| form.action != "/deliveries/resend") {
        let before: usize = counts(&app, &admin).await.iter().sum();
        let (first, duplicate) = tokio::join!(admin.submit(form.clone()), admin.submit(form.clone()));
        assert_eq!(first.leads_to(), duplicate.leads_to(), "{}", form.action);
        let after: usize = counts(&app, &admin).await.iter().sum();
        assert!(after <= before + 1, "{}: {before}, then {after}", form.action);
    }
    // The event, its redelivery, its delivery to a chosen webhook, and the test.
    let tests = receiver.await_requests("/a", 4).await;
    assert_eq!(tests.iter().filter(|request| request.header("x-hachok-test") == "1").count(), 1);
}

#[tokio::test]
async fn a_repeated_form_shows_its_secret_until_it_was_shown() {
    let app = App::start();
    let admin = app.admin().await;
    let webhook = good_form(&admin, "https://a.example.com/").await;
    let token = admin.open("/tokens").await.form("#f-token-name").fill("f-token-name", "Desk");
    let invitation = admin.open("/users").await.form("#f-email").fill("f-email", "anna@example.com");
    for form in [webhook, token, invitation] {
        let first = admin.submit(form.clone()).await.leads_to();
        assert_eq!(admin.submit(form.clone()).await.leads_to(), first);
        let secret = admin.open(&first).await.text("#key");
        assert!(secret.len() > 30, "{first} shows {secret:?}");
        assert_eq!(admin.submit(form).await.leads_to(), first);
        let again = admin.open(&first).await;
        assert!(!again.body.contains(&secret) && !again.has("#key"), "{first}: it was shown already");
    }
}

#[tokio::test]
async fn two_secrets_created_before_one_is_shown_are_both_shown() {
    let app = App::start();
    let admin = app.admin().await;
    let token = admin.open("/tokens").await.form("#f-token-name").fill("f-token-name", "Desk");
    let webhook = good_form(&admin, "https://a.example.com/").await;
    let (tokens, secret) = (admin.submit(token.clone()).await.leads_to(), admin.submit(webhook).await.leads_to());
    assert!(admin.open(&secret).await.has("#key"));
    // The session holds one secret only, the later one: posting the form again shows the earlier one.
    admin.submit(token).await.leads_to();
    assert!(admin.open(&tokens).await.has("#key"));
}

#[tokio::test]
async fn secrets_of_forms_are_stored_sealed() {
    let app = App::on_sqlite();
    let admin = app.admin().await;
    let token = admin.open("/tokens").await.form("#f-token-name").fill("f-token-name", "Desk");
    admin.submit(token.clone()).await.leads_to();
    let stored = app.stored_bytes();
    let secret = admin.open("/tokens").await.text("#key");
    assert!(secret.starts_with("hk_"), "{secret}");
    for bytes in [stored, app.stored_bytes()] {
        assert!(!bytes.windows(secret.len()).any(|part| part == secret.as_bytes()));
    }
}

#[tokio::test]
async fn a_restart_between_two_posts_changes_nothing() {
    let mut app = App::start();
    let admin = app.admin().await;
    let form = good_form(&admin, "https://a.example.com/").await;
    let first = admin.submit(form.clone()).await.leads_to();
    app.kill();
    app.start_again();
    let later = with_cookies_of(&admin, &app);
    assert_eq!(later.submit(form.clone()).await.leads_to(), first);
    assert!(later.open(&first).await.has("#key"), "the key has not been shown yet");
    assert_eq!(counts(&app, &later).await[0], 1);
}

#[tokio::test]
#[ignore = "needs Postgres: tests/run"]
async fn on_postgres_two_processes_that_get_the_same_form_act_once() {
    let app = App::on_postgres();
    let second = App::at(app.for_another_process());
    let admin = app.admin().await;
    let other = with_cookies_of(&admin, &second);
    for round in 0..5 {
        let form = good_form(&admin, &format!("https://{round}.example.com/")).await;
        let (first, duplicate) = tokio::join!(admin.submit(form.clone()), other.submit(form.clone()));
        assert_eq!(first.leads_to(), duplicate.leads_to());
        let page = other.open(&first.leads_to()).await;
        assert!(page.has("#key"), "both processes show the key");
    }
    assert_eq!(counts(&app, &admin).await[0], 5);
}

/// A browser at another process with the same cookies.
fn with_cookies_of(visitor: &Visitor, app: &App) -> Visitor {
    let later = app.visitor();
    later.take_cookies(visitor);
    later
}

#[tokio::test]
async fn a_form_that_was_refused_may_be_sent_again() {
    let app = App::start();
    let admin = app.admin().await;
    let form = good_form(&admin, "https://a.example.com/").await;
    admin.submit(form.clone().without("events")).await.expect(422);
    admin.submit_htmx(form.clone().without("events")).await.expect(422);
    let (id, _) = made(&admin, form.clone()).await;
    assert_eq!(made(&admin, form).await.0, id);
    let inbox = admin.open("/inboxes").await.form("#f-inbox-name").fill("f-inbox-name", "Sales");
    let inbox = inbox.set("external_id", "7");
    app.api("ingest").accepted(crate::support::event_in("message_created", 7)).await;
    assert!(!admin.submit(inbox.clone()).await.expect(422).error("external-id").is_empty());
    app.run_sql("UPDATE inboxes SET external_id = '8'");
    assert_eq!(admin.submit(inbox).await.leads_to(), "/inboxes", "the refusal is not remembered");
}

#[tokio::test]
async fn a_form_is_remembered_for_ten_minutes() {
    let app = App::start();
    let admin = app.admin().await;
    let form = good_form(&admin, "https://a.example.com/").await;
    let first = made(&admin, form.clone()).await.0;
    app.run_sql("UPDATE form_answers SET created_at = created_at - 590000000");
    assert_eq!(made(&admin, form.clone()).await.0, first);
    app.run_sql("UPDATE form_answers SET created_at = created_at - 11000000");
    assert_ne!(made(&admin, form).await.0, first);
}

#[tokio::test]
async fn a_once_token_is_worth_nothing_in_another_session() {
    let app = App::start();
    let admin = app.admin().await;
    let token = admin.open("/tokens").await.form("#f-token-name").fill("f-token-name", "Desk");
    admin.submit(token.clone()).await.leads_to();
    let other = app.visitor();
    other.sign_in("admin@example.com", PASSWORD).await;
    let theirs = other.open("/tokens").await.form("#f-token-name");
    other.submit(token.clone().set("_csrf", theirs.value("_csrf"))).await.leads_to();
    let (first, second) = (admin.open("/tokens").await.text("#key"), other.open("/tokens").await.text("#key"));
    assert!(first.starts_with("hk_") && second.starts_with("hk_") && first != second, "each has its own token");
}

#[tokio::test]
async fn a_form_without_a_once_token_is_simply_processed() {
    let app = App::start();
    let admin = app.admin().await;
    let form = admin.open("/inboxes").await.form("#f-inbox-name").fill("f-inbox-name", "Sales");
    for form in [form.clone().without("once"), form.clone().without("once"), form.clone().set("once", "")] {
        assert_eq!(admin.submit(form).await.leads_to(), "/inboxes");
    }
    assert_eq!(counts(&app, &admin).await[1], 3);
    // The same token at another path, or with other fields, belongs to another form.
    admin.submit(form.clone()).await.leads_to();
    admin.submit(form.clone().set("name", "Support")).await.leads_to();
    admin.submit(form.set("once", &"x".repeat(10_000))).await.leads_to();
    assert_eq!(counts(&app, &admin).await[1], 6);
}

#[tokio::test]
async fn fifty_forms_of_a_session_are_remembered() {
    let app = App::start();
    let admin = app.admin().await;
    let form = |admin: Page, name: &str| admin.form("#f-inbox-name").fill("f-inbox-name", name);
    let first = form(admin.open("/inboxes").await, "Inbox 0");
    let second = form(admin.open("/inboxes").await, "Inbox 1");
    admin.submit(first.clone()).await.leads_to();
    for place in 1..=50 {
        admin.submit(second.clone().set("name", &format!("Inbox {place}"))).await.leads_to();
    }
    admin.submit(second).await.leads_to();
    assert_eq!(counts(&app, &admin).await[1], 51, "the latest fifty are remembered");
    admin.submit(first).await.leads_to();
    assert_eq!(counts(&app, &admin).await[1], 52, "the oldest is forgotten");
}

#[tokio::test]
async fn a_button_that_htmx_leaves_on_the_page_sends_again() {
    let (app, receiver) = (App::start(), Receiver::start());
    let admin = app.admin().await;
    let (id, _) = make_webhook(&admin, &receiver.at("/a")).await;
    let api = app.api("admin");
    let form = admin.open(&format!("/webhooks/{id}/test")).await.form("#f-body");
    let answer = admin.submit_htmx(form.clone()).await.expect(200);
    let again = admin.submit_htmx(form.clone()).await.expect(200);
    assert_eq!(link(&answer), link(&again), "the same test");
    assert_eq!(receiver.await_requests("/a", 1).await.len(), 1);
    let next = answer.attribute("#once-test[hx-swap-oob]", "value").expect("a new once-token");
    let other = admin.submit_htmx(form.set("once", &next)).await.expect(200);
    assert_ne!(link(&answer), link(&other), "a new click counts");
    receiver.await_requests("/a", 2).await;

    api.accepted(event("message_created")).await;
    let first =
        eventually("a delivery", || async { api.deliveries("event=message_created&status=success").await.pop() }).await;
    let path = format!("/deliveries/{}", first["id"].as_str().unwrap_or_default());
    let form = admin.open(&path).await.form_to(&format!("{path}/redelivery"));
    let answer = admin.submit_htmx(form.clone()).await.expect(200);
    admin.submit_htmx(form.clone()).await.expect(200);
    let next = answer.attribute("#once-resend[hx-swap-oob]", "value").expect("a new once-token");
    admin.submit_htmx(form.set("once", &next)).await.expect(200);
    assert_eq!(api.deliveries("event=message_created").await.len(), 3, "the event, and two of three posts");
}

fn link(answer: &Page) -> Option<String> {
    answer.attribute(".foot a", "href")
}

#[tokio::test]
async fn repeated_forms_that_would_be_refused_get_the_first_answer() {
    let app = App::start();
    let admin = app.admin().await;
    let (id, _) = make_webhook(&admin, "https://a.example.com/").await;
    let edit = admin.open(&format!("/webhooks/{id}/edit")).await.form("#f-url").set("name", "CRM");
    assert_eq!(
        admin.submit(edit.clone()).await.leads_to(),
        admin.submit(edit).await.leads_to(),
        "no conflict with itself"
    );
    let delete = admin.open(&format!("/webhooks/{id}/delete")).await.form_to(&format!("/webhooks/{id}/delete"));
    assert_eq!(admin.submit(delete.clone()).await.leads_to(), "/webhooks");
    assert_eq!(admin.submit(delete).await.leads_to(), "/webhooks", "not a page that is not found");
    let password = admin.open("/profile").await.form("[name=current_password]").set("current_password", PASSWORD);
    let password = password.set("password", "another horse battery");
    for _ in 0..6 {
        assert_eq!(admin.submit(password.clone()).await.leads_to(), "/profile", "no wrong password, no wait");
    }
}

#[tokio::test]
async fn one_time_links_tolerate_a_double_click() {
    let app = App::start();
    let visitor = app.visitor();
    let form = visitor.open(&app.set_up_link()).await.form("[type=password]").fill("f-user-name", "Olena");
    let form = form.fill("f-email", "olena@example.com").fill("f-new-password", PASSWORD);
    let (name, cookie) = visitor.cookie_of("hachok_form");
    visitor.submit(form.clone()).await.leads_to();
    let again = app.visitor();
    again.set_cookie(&name, &cookie);
    assert_eq!(again.submit(form.clone()).await.leads_to(), "/webhooks");
    again.open("/webhooks").await;
    let stranger = app.visitor();
    let own = stranger.open("/sign-in").await.form("[name=password]").value("_csrf").to_owned();
    assert_eq!(stranger.submit(form.set("_csrf", &own)).await.status, 404, "only the browser that used the link");

    let invite = again.open("/users").await.form("#f-email").fill("f-email", "anna@example.com");
    let link = again.follow(invite).await.text("#key");
    let anna = app.visitor();
    let form = anna.open(&link).await.form("#f-new-password").fill("f-user-name", "Anna");
    let form = form.fill("f-new-password", PASSWORD);
    let (first, duplicate) = tokio::join!(anna.submit(form.clone()), anna.submit(form));
    assert_eq!((first.leads_to(), duplicate.leads_to()), ("/webhooks".into(), "/webhooks".into()));
    anna.open("/webhooks").await;
}

#[tokio::test]
async fn a_repeated_edit_does_not_hide_a_later_change_of_another_person() {
    let app = App::start();
    let admin = app.admin().await;
    let (id, _) = make_webhook(&admin, "https://a.example.com/").await;
    let form = admin.open(&format!("/webhooks/{id}/edit")).await.form("#f-url").set("name", "Mine");
    admin.submit(form.clone()).await.leads_to();
    let api = app.api("admin");
    assert_eq!(api.patch(&format!("webhooks/{id}"), &json!({ "name": "Theirs" })).await.status, 200);
    let page = admin.submit(form).await.expect(409);
    assert!(page.says("Theirs"), "{}", page.text("main"));
}

#[tokio::test]
async fn a_repeated_invitation_gives_no_access_to_a_disabled_account() {
    let app = App::start();
    let admin = app.admin().await;
    let invite = admin.open("/users").await.form("#f-email").fill("f-email", "anna@example.com");
    let link = admin.follow(invite).await.text("#key");
    let anna = app.visitor();
    let form = anna.open(&link).await.form("#f-new-password").fill("f-user-name", "Anna");
    let form = form.fill("f-new-password", PASSWORD);
    anna.submit(form.clone()).await.leads_to();
    let later = app.visitor();
    let (name, cookie) = anna.cookie_of("hachok_form");
    later.set_cookie(&name, &cookie);
    app.run(&["user", "disable", "--email", "anna@example.com"]).stdout_of_success();
    assert_eq!(later.submit(form).await.status, 404);
    assert_eq!(later.get("/webhooks").await.status, 303);
}

#[tokio::test]
async fn ten_thousand_forms_of_all_sessions_are_remembered() {
    const SQLITE: &str = "randomblob(32), x'00'";
    const POSTGRES: &str = "decode(md5(n.i::text), 'hex'), decode('00', 'hex')";
    let app = App::start();
    let admin = app.admin().await;
    let form = admin.open("/inboxes").await.form("#f-inbox-name").fill("f-inbox-name", "Sales");
    admin.submit(form.clone()).await.leads_to();
    app.run_sql(&format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9999) \
         INSERT INTO form_answers (key_hash, session_hash, answer, created_at) \
         SELECT {}, 'null', (SELECT min(created_at) FROM form_answers) + n.i FROM n",
        if app.is_sqlite() { SQLITE } else { POSTGRES }
    ));
    admin.submit(form.clone()).await.leads_to();
    assert_eq!(counts(&app, &admin).await[1], 1, "ten thousand are remembered");
    admin.submit(form.clone().set("name", "Support")).await.leads_to();
    admin.submit(form).await.leads_to();
    assert_eq!(counts(&app, &admin).await[1], 3, "the oldest is forgotten");
}
