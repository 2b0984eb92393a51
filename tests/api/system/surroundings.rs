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
async fn only_programs_on_this_machine_get_the_version() {
    let app = App::start();
    let client = Api::new(&app.url, "x");
    let version = app.run_ok(&["--version"]);
    let local = Answer::of(client.plain(Method::GET, "/healthz")).await;
    assert_eq!(local.text, format!("ok\n{version}\n"));
    for header in ["X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"] {
        let forwarded = Answer::of(client.plain(Method::GET, "/healthz").header(header, "127.0.0.1")).await;
        assert_eq!(forwarded.text, "ok\n", "{header}");
    }
}

#[tokio::test]
#[ignore = "needs a route to other machines: tests/run"]
async fn outside_loopback_no_client_gets_the_version() {
    let app = App::at(crate::support::Place::new().bound_to("[::]:0"));
    let port = app.url.rsplit(':').next().expect("a port");
    let route = std::net::UdpSocket::bind("0.0.0.0:0").expect("a socket");
    route.connect("192.0.2.1:9").expect("a route");
    let own = route.local_addr().expect("an address").ip();
    let answer = Answer::of(Api::new(&format!("http://{own}:{port}"), "x").plain(Method::GET, "/healthz")).await;
    assert_eq!(answer.text, "ok\n", "from {own}");
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
