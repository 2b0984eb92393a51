use reqwest::Method;

use crate::support::{Answer, Api, App};

#[tokio::test]
async fn health_needs_no_token() {
    let app = App::start();
    let nobody = Api::new(&app.url, "x");
    for path in ["/healthz", "/readyz"] {
        assert_eq!(Answer::of(nobody.plain(Method::GET, path)).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn no_other_site_may_read_the_api() {
    let app = App::start();
    let api = app.api("admin");
    for (method, path) in
        [(Method::OPTIONS, "webhooks"), (Method::GET, "webhooks"), (Method::OPTIONS, "/api/v1/events")]
    {
        let request = api.request(method, path).header("origin", "https://evil.example");
        let answer = Answer::of(request.header("access-control-request-method", "POST")).await;
        assert_eq!(answer.header("access-control-allow-origin"), "", "{path}");
    }
}

#[tokio::test]
async fn a_session_gives_no_access_to_the_api() {
    let app = App::start();
    let admin = app.admin().await;
    let page = admin.send("/api", admin.request(Method::GET, "/api/v1/accounts/1/webhooks")).await;
    assert_eq!(page.status, 401, "{page:?}");
}
