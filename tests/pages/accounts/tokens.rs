use crate::support::{Api, App, Form, PASSWORD, Page, Visitor, event};

async fn new_token(admin: &Visitor, name: &str, scope: &str, lifetime: &str) -> (String, Page) {
    let form = admin.open("/tokens").await.form("#f-token-name").fill("f-token-name", name);
    let page = admin.follow(form.set("scope", scope).set("lifetime", lifetime)).await;
    (page.text("#key"), page)
}

async fn revocation(admin: &Visitor) -> Form {
    let page = admin.open("/tokens").await;
    let link = page.links().into_iter().find(|link| link.ends_with("/revocation")).expect("a link to revoke");
    admin.open(&link).await.form_to(&link)
}

#[tokio::test]
async fn a_token_is_shown_once_and_works() {
    let app = App::start();
    let admin = app.admin().await;
    let empty = admin.open("/tokens").await;
    assert!(empty.says("No API tokens yet") && empty.text("pre").contains("/api/v1/events"), "{}", empty.text("main"));
    let (token, page) = new_token(&admin, "Help desk", "ingest", "90").await;
    assert!(token.starts_with("hk_") && token.len() == 67, "{token}");
    assert!(page.says("Copy the token now. It will not be shown again."));
    Api::new(&app.url, &token).accepted(event("message_created")).await;
    for path in ["/tokens", "/webhooks", "/deliveries", "/settings", "/profile"] {
        assert!(!admin.open(path).await.body.contains(&token), "{path}");
    }
    let page = admin.open("/tokens").await;
    for words in ["Help desk", "Send events", "Active", &token[..9]] {
        assert!(page.text("table").contains(words), "{words} in {}", page.text("table"));
    }
    assert!(!app.log().contains(&token));
}

#[tokio::test]
async fn a_token_has_only_its_scope() {
    let app = App::start();
    let admin = app.admin().await;
    let (read, _) = new_token(&admin, "Reports", "read", "never").await;
    let api = Api::new(&app.url, &read);
    assert_eq!(api.get("webhooks").await.status, 200);
    api.send(event("message_created")).await.problem(403);
    for (field, value) in [("scope", "root"), ("lifetime", "1000")] {
        let form = admin.open("/tokens").await.form("#f-token-name").fill("f-token-name", "x").set(field, value);
        assert_eq!(admin.submit(form).await.status, 400, "{field}");
    }
}

#[tokio::test]
async fn a_token_may_have_several_scopes_and_needs_one() {
    let app = App::start();
    let admin = app.admin().await;
    let form = || async { admin.open("/tokens").await.form("#f-token-name").fill("f-token-name", "Desk") };
    assert_eq!(form().await.values("scope"), ["ingest"], "the most common choice");
    let page = admin.follow(form().await.tick("scope", "read").tick("scope", "operate")).await;
    assert!(page.text("table").contains("Send events, Read, Operate"), "{}", page.text("table"));
    let api = Api::new(&app.url, &page.text("#key"));
    api.accepted(event("message_created")).await;
    assert_eq!(api.get("webhooks").await.status, 200);
    let none = admin.submit(form().await.without("scope")).await.expect(422);
    assert_eq!(none.error("scopes"), "Select at least one scope");
    let again = admin.submit(none.form("#f-token-name").tick("scope", "admin").tick("scope", "read")).await;
    assert_eq!(again.leads_to(), "/tokens");
}

#[tokio::test]
async fn a_token_that_changes_accounts_needs_the_password_in_its_form() {
    let app = App::start();
    let admin = app.admin().await;
    let form = || async {
        let form = admin.open("/tokens").await.form("#f-token-name").fill("f-token-name", "Directory");
        form.set("scope", "accounts").tick("scope", "read")
    };
    for typed in ["", "wrong"] {
        let page = admin.submit(form().await.set("current_password", typed)).await.expect(422);
        assert_eq!(page.error("current-password"), "The current password is wrong. Try again", "{typed}");
        let again = page.form("#f-token-name");
        assert_eq!((again.values("scope"), again.value("current_password")), (vec!["read", "accounts"], ""));
    }
    assert_eq!(app.run_ok(&["token", "list"]), "");
    let page = admin.follow(form().await.set("current_password", PASSWORD)).await;
    assert!(page.text("table").contains("Read, Manage access") && page.text("#key").starts_with("hk_"));
    // A form without that scope asks for no password, and wrong ones are counted as at sign-in.
    let other = form().await.set("scope", "admin").set("current_password", "wrong");
    assert_eq!(admin.submit(other).await.leads_to(), "/tokens");
    for _ in 0..5 {
        admin.submit(form().await.set("current_password", "wrong")).await.expect(422);
    }
    let waits = admin.submit(form().await.set("current_password", PASSWORD)).await.expect(429);
    assert!(waits.header("retry-after").parse::<u64>().is_ok_and(|seconds| seconds > 0), "{:?}", waits.headers);
}

#[tokio::test]
async fn a_token_needs_a_name() {
    let app = App::start();
    let admin = app.admin().await;
    let form = admin.open("/tokens").await.form("#f-token-name").set("scope", "admin").set("lifetime", "30");
    let page = admin.submit(form).await.expect(422);
    assert_eq!(page.error("token-name"), "Enter a name for the token");
    let again = page.form("#f-token-name");
    assert_eq!((again.value("scope"), again.value("lifetime")), ("admin", "30"), "the selection is kept");
    assert_eq!(app.run_ok(&["token", "list"]), "");
}

#[tokio::test]
async fn a_revoked_token_is_refused_at_once() {
    let app = App::start();
    let admin = app.admin().await;
    let (token, _) = new_token(&admin, "Old", "read", "never").await;
    let api = Api::new(&app.url, &token);
    assert_eq!(api.get("webhooks").await.status, 200);
    let form = revocation(&admin).await;
    assert_eq!(api.get("webhooks").await.status, 200, "the question changes nothing");
    let page = admin.follow(form).await;
    assert!(page.says("The token was revoked") && page.text("table").contains("Revoked"), "{}", page.text("main"));
    assert_eq!(api.get("webhooks").await.status, 401);
    assert_eq!(admin.get("/tokens/999/revocation").await.status, 404);
}

#[tokio::test]
async fn a_token_expires_after_its_days() {
    let app = App::start();
    let admin = app.admin().await;
    let (token, _) = new_token(&admin, "Trial", "read", "30").await;
    let api = Api::new(&app.url, &token);
    let day = 86_400_000_000_i64;
    app.run_sql(&format!("UPDATE api_tokens SET expires_at = expires_at - {}", 29 * day));
    assert_eq!(api.get("webhooks").await.status, 200);
    app.run_sql(&format!("UPDATE api_tokens SET expires_at = expires_at - {}", 2 * day));
    assert_eq!(api.get("webhooks").await.status, 401);
    assert!(admin.open("/tokens").await.text("table").contains("Expired"));
}

#[tokio::test]
async fn only_administrators_see_tokens() {
    let app = App::start();
    let admin = app.admin().await;
    new_token(&admin, "Help desk", "ingest", "never").await;
    let revoke = revocation(&admin).await;
    let viewer = app.signed_in("viewer").await;
    let csrf = viewer.open("/webhooks").await.form_to("/sign-out").value("_csrf").to_owned();
    assert_eq!(viewer.get("/tokens").await.status, 403);
    assert_eq!(viewer.get(&revoke.action).await.status, 403);
    let make = admin.open("/tokens").await.form("#f-token-name").fill("f-token-name", "forged");
    for form in [make, revoke] {
        assert_eq!(viewer.submit(form.set("_csrf", &csrf)).await.status, 403);
    }
    let links = viewer.open("/webhooks").await.links();
    assert!(!links.contains(&"/tokens".to_owned()) && links.contains(&"/status".to_owned()), "{links:?}");
}
