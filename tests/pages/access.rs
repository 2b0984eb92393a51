use reqwest::Method;

use crate::pages::make_webhook;
use crate::support::App;

#[tokio::test]
async fn nobody_sees_or_does_anything_without_signing_in() {
    let app = App::start();
    let admin = app.admin().await;
    let (id, _) = make_webhook(&admin, "https://a.example.com/").await;
    let stranger = app.visitor();
    for path in [
        "/",
        "/webhooks",
        "/webhooks/new",
        &format!("/webhooks/{id}"),
        &format!("/webhooks/{id}/edit"),
        &format!("/webhooks/{id}/deliveries"),
        &format!("/webhooks/{id}/test"),
        &format!("/webhooks/{id}/secret"),
        &format!("/webhooks/{id}/delete"),
        "/deliveries",
        "/deliveries/dlv_0000000000000",
        "/inboxes",
        "/tokens",
        "/users",
        "/users/1",
        "/profile",
        "/settings",
        "/status",
    ] {
        let page = stranger.get(path).await;
        let target = page.leads_to();
        assert!(target.starts_with("/sign-in") || (path == "/" && target == "/webhooks"), "{path} leads to {target}");
        assert!(!page.body.contains("a.example.com"), "{path}");
    }
    for path in [
        "/webhooks",
        &format!("/webhooks/{id}"),
        &format!("/webhooks/{id}/deactivation"),
        &format!("/webhooks/{id}/delete"),
        &format!("/webhooks/{id}/secret"),
        &format!("/webhooks/{id}/test"),
        "/inboxes",
        "/tokens",
        "/tokens/1/revocation",
        "/users/invitations",
        "/users/1",
        "/users/1/deactivation",
        "/users/1/password-link",
        "/profile",
        "/profile/password",
        "/profile/sign-outs",
        "/settings",
    ] {
        let page = stranger.send(path, stranger.request(Method::POST, path)).await;
        assert!(matches!(page.status, 303 | 401 | 403), "{path}: {}", page.status);
    }
    assert!(admin.open("/webhooks").await.says("a.example.com"));
}

#[tokio::test]
async fn the_front_door_leads_to_the_webhooks() {
    let app = App::start();
    assert_eq!(app.admin().await.get("/").await.leads_to(), "/webhooks");
}
