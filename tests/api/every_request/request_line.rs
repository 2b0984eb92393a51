use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use crate::house::routes;
use crate::support::{Answer, Api, App, event};

/// Sends these bytes and returns the whole answer as it was sent.
fn raw(app: &App, request: &str) -> String {
    let mut stream = TcpStream::connect(app.url.trim_start_matches("http://")).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a socket");
    stream.write_all(request.as_bytes()).expect("room");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer and the end");
    String::from_utf8(answer).expect("UTF-8")
}

fn methods(answer: &Answer) -> Vec<String> {
    let mut methods: Vec<_> = answer.header("allow").split(", ").map(ToOwned::to_owned).collect();
    methods.sort();
    methods
}

#[tokio::test]
async fn every_address_of_the_api_answers_head_as_get_and_options_with_its_methods() {
    let app = App::start();
    let api = app.api("admin");
    api.post("webhooks", &json!({ "url": "https://a.example.com/" })).await;
    api.post("inboxes", &json!({ "name": "Site" })).await;
    let below = |route: &routes::Route| format!("/api/v1/accounts/1{}", route.path.replace("{id}", "1"));
    let management = routes::management().into_iter().map(|route| (below(&route), route.methods));
    let others = routes::others().into_iter().map(|route| (route.path.replace("{name:.*}", "app.css"), route.methods));
    let (mut heads, mut found) = (0, 0);
    for (path, registered) in management.chain(others) {
        let mut expected: Vec<_> = registered.iter().map(|method| method.to_uppercase()).collect();
        expected.push("OPTIONS".into());
        if registered.contains(&"get") {
            expected.push("HEAD".into());
            let get = api.get(&path).await;
            let head = Answer::of(api.request(Method::HEAD, &path)).await;
            assert_eq!((head.status, head.text.as_str()), (get.status, ""), "{path}");
            for name in ["content-type", "content-length", "cache-control", "content-security-policy", "allow"] {
                assert_eq!(head.header(name), get.header(name), "{name} of {path}");
            }
            heads += 1;
            found += usize::from(get.status == 200 && !get.header("content-length").is_empty());
        }
        expected.sort();
        let stranger = Api::new(&app.url, "none");
        let answer = Answer::of(stranger.plain(Method::OPTIONS, &path)).await;
        assert_eq!((answer.status, answer.text.as_str(), methods(&answer)), (204, "", expected), "{path}");
        assert!(!answer.headers.keys().any(|name| name.as_str().starts_with("access-control")), "{path}: {answer:?}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
    }
    assert!(heads > 10 && found > 8, "{heads}, {found}");
    let unknown = Answer::of(api.request(Method::HEAD, "/api/v1/nothing")).await;
    assert_eq!((unknown.status, unknown.text.as_str()), (404, ""));
    assert_eq!(Answer::of(api.request(Method::HEAD, "/api/v1/events")).await.status, 405);
}

#[tokio::test]
async fn health_checks_of_load_balancers_get_2xx() {
    let app = App::start();
    // HAProxy's `option httpchk`: bare, with a path, and with HTTP/1.1; wget --spider; RFC 9110 §9.3.7.
    for request in [
        "OPTIONS / HTTP/1.0\r\n\r\n",
        "HEAD /healthz HTTP/1.0\r\n\r\n",
        "OPTIONS /readyz HTTP/1.1\r\nhost: lb.example\r\nconnection: close\r\n\r\n",
        "HEAD /readyz HTTP/1.1\r\nhost: lb.example\r\nconnection: close\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nhost: lb.example\r\nconnection: close\r\n\r\n",
    ] {
        let answer = raw(&app, request);
        assert!(answer.starts_with("HTTP/1.1 2") || answer.starts_with("HTTP/1.0 2"), "{request:?}: {answer}");
        assert!(answer.ends_with("\r\n\r\n") && answer.matches("\r\n\r\n").count() == 1, "no body: {answer:?}");
    }
    assert!(raw(&app, "OPTIONS * HTTP/1.0\r\n\r\n").contains("allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"));
}

#[tokio::test]
async fn a_head_request_gets_no_body_and_the_connection_stays_usable() {
    let app = App::start();
    let head = |path: &str| format!("HEAD {path} HTTP/1.1\r\nhost: a.example\r\n\r\n");
    let body = format!("\r\n\r\nok\nhachok {}\n", hachok::version::VERSION);
    let last = "GET /healthz HTTP/1.1\r\nhost: a.example\r\nconnection: close\r\n\r\n";
    for path in ["/healthz", "/sign-in", "/nowhere", "/api", "/api/v1/profile", "/api/v1/events"] {
        let mut stream = TcpStream::connect(app.url.trim_start_matches("http://")).expect("a connection");
        stream.write_all(head(path).as_bytes()).expect("room");
        let mut first = Vec::new();
        while !first.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).expect("a head");
            first.push(byte[0]);
        }
        assert!(!String::from_utf8_lossy(&first).contains("content-length: 0\r\n"), "{path}: the length of the GET");
        stream.write_all(last.as_bytes()).expect("room");
        let mut second = String::new();
        stream.read_to_string(&mut second).expect("an answer");
        assert!(second.starts_with("HTTP/1.1 200 OK\r\n") && second.ends_with(&body), "{path}: {second:?}");
    }
}

#[tokio::test]
async fn doubled_slashes_and_needless_escapes_change_nothing_below_api() {
    let app = App::start();
    let api = app.api("admin");
    api.post("webhooks", &json!({ "url": "https://a.example.com/" })).await;
    for path in [
        "/api/v1/profile/",
        "/api//v1/profile",
        "//api//v1///profile//",
        "/%61pi/v1/pr%6Ffile",
        "/api/v1/accounts/1/webhooks/",
        "/api/v1/accounts/1//webhooks/1/",
        "//api/v1/accounts/1/deliveries/?limit=1",
    ] {
        let answer = api.get(path).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"), "{path}");
        let stranger = Answer::of(Api::new(&app.url, "x").plain(Method::GET, path)).await;
        assert_eq!(stranger.status, 401, "{path}");
        let errors = stranger.json()["errors"].to_string();
        assert!(errors.contains("You need to sign in"), "{path}: {errors}");
    }
    for path in ["/api/v1/events/", "//api//v1/events", "/api/v1//events?x=1"] {
        let request = api.request(Method::POST, path).header("content-type", "application/json");
        assert_eq!(Answer::of(request.body(event("message_created"))).await.status, 202, "{path}");
        api.get(path).await.problem(405);
    }
    let made = api.post("/api/v1/accounts/1/webhooks/", &json!({ "url": "https://b.example.com/" })).await;
    assert_eq!(made.status, 200, "{made:?}");
}

#[tokio::test]
async fn a_path_below_api_in_any_spelling_is_never_a_page() {
    let app = App::start();
    let (admin, api) = (app.admin().await, app.api("admin"));
    for path in ["/api/nothing/", "//api//nothing", "/%61pi/nothing", "/api/v1%2Fprofile", "/api/v1/%2Fprofile"] {
        let answer = api.get(path).await;
        assert_eq!((answer.status, answer.header("content-type")), (404, "application/json"), "{path}");
    }
    // A session with its form token has no access there, regardless of the spelling.
    for path in ["//api//v1/accounts/1/webhooks/", "/%61pi/v1/accounts/1/webhooks"] {
        let request = admin.request(Method::POST, path).header("content-type", "application/x-www-form-urlencoded");
        let page = admin.send(path, request.body("url=https%3A%2F%2Fa.example.com%2F")).await;
        assert_eq!(page.status, 401, "{path}: {page:?}");
    }
    for path in ["//webhooks", "/webhooks/", "/apis/"] {
        assert!(admin.get(path).await.expect(404).says("Page not found"), "{path}: other paths stay as they are");
    }
}
