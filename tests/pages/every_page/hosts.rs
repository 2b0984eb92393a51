//! The host names under which pages answer.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{App, Page, Place, Visitor, event};

/// Opens a page under a host name.
async fn open_as(visitor: &Visitor, path: &str, host: &str) -> Page {
    visitor.send(path, visitor.request(reqwest::Method::GET, path).header("host", host)).await
}

/// Sends these bytes on a new connection; returns the status.
async fn raw(app: &App, head: &str) -> u16 {
    let mut stream = TcpStream::connect(app.url.trim_start_matches("http://")).await.expect("a connection");
    stream.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes()).await.expect("a request");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("an answer");
    let text = String::from_utf8_lossy(&answer);
    text.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("{head}: {text}"))
}

fn named() -> App {
    let place = Place::new().set("HACHOK_PUBLIC_URL", "http://hooks.example.com:8080");
    App::at(place.set("HACHOK_ALLOWED_HOSTS", "Desk.lan, гачок.example"))
}

#[tokio::test]
async fn pages_answer_only_under_known_names_and_ip_addresses() {
    let app = named();
    let visitor = app.visitor();
    for known in [
        "hooks.example.com:8080",
        "hooks.example.com",
        "HOOKS.EXAMPLE.COM.",
        "localhost",
        "localhost:1",
        "desk.lan:8080",
        "xn--80afwp8b.example",
        "127.0.0.1",
        "192.0.2.1:8080",
        "[::1]",
        "[2001:db8::1]:8080",
    ] {
        assert_eq!(open_as(&visitor, "/sign-in", known).await.status, 200, "{known}");
    }
    for unknown in
        ["evil.example", "evil.example:8080", "a.hooks.example.com", "example.com", "desk", "127.1", "0x7f.1"]
    {
        for path in ["/sign-in", "/", "/nowhere", "/webhooks?q=x", "/api/reference", "//sign-in", "/setup?token=x"] {
            assert_eq!(open_as(&visitor, path, unknown).await.status, 421, "{unknown} {path}");
        }
    }
}

#[tokio::test]
async fn api_and_health_checks_answer_under_every_name() {
    let app = named();
    let (api, visitor) = (app.api("admin"), app.visitor());
    for path in ["/healthz", "/readyz"] {
        assert_eq!(open_as(&visitor, path, "evil.example").await.status, 200, "{path}");
    }
    let style = visitor.open("/sign-in").await.attribute("link[rel=stylesheet]", "href").expect("a style");
    assert_eq!(open_as(&visitor, &style, "evil.example").await.status, 200);
    let posted = api.event_request(event("message_created")).header("host", "hachok");
    assert_eq!(posted.send().await.expect("an answer").status(), 202);
    let listed = api.request(reqwest::Method::GET, "/api/v1/accounts/1/webhooks").header("host", "evil.example");
    assert_eq!(listed.send().await.expect("an answer").status(), 200);
}

#[tokio::test]
async fn a_page_under_an_unknown_name_says_so_in_both_languages_and_names_the_setting() {
    let app = named();
    for (language, title, open) in [
        ("en", "Hachok does not know this address", "Open http://hooks.example.com:8080"),
        ("uk", "Hachok не знає цієї адреси", "Відкрити http://hooks.example.com:8080"),
    ] {
        let page = open_as(&app.visitor().speaking(language), "/sign-in", "evil.example").await.expect(421);
        assert_eq!(page.text("h1"), title);
        assert!(page.says("evil.example") && page.says("HACHOK_ALLOWED_HOSTS") && page.says("HACHOK_PUBLIC_URL"));
        assert_eq!((page.text("main a.btn").as_str(), page.find_form("form").is_none()), (open, true));
        assert!(page.header("content-security-policy").contains("default-src 'none'"));
    }
    let form = app.visitor().open("/sign-in").await.form("[name=password]");
    let visitor = app.visitor();
    let posted = visitor.form_request(&form).header("host", "evil.example").header("origin", "http://evil.example");
    assert_eq!(visitor.send("/sign-in", posted).await.status, 421, "a form is refused, too");
}

#[tokio::test]
async fn unknown_names_log_one_line_each_up_to_ten() {
    let app = named();
    let visitor = app.visitor();
    for _ in 0..30 {
        open_as(&visitor, "/sign-in", "evil.example").await.expect(421);
    }
    let lines = |text: &str| app.log().lines().filter(|line| line.contains(text)).count();
    assert_eq!(lines("evil.example"), 1, "{}", app.log());
    assert_eq!(lines("HACHOK_ALLOWED_HOSTS"), 1);
    for number in 0..100 {
        open_as(&visitor, "/sign-in", &format!("{number}.example")).await.expect(421);
    }
    assert_eq!(lines("HACHOK_ALLOWED_HOSTS"), 10);
}

#[tokio::test]
async fn a_malformed_host_is_refused_and_the_request_target_is_checked_too() {
    let app = named();
    for (head, status) in [
        ("GET /sign-in HTTP/1.1\r\nHost: hooks.example.com\r\n", 200),
        ("GET /sign-in HTTP/1.1\r\n", 400),
        ("GET /sign-in HTTP/1.0\r\n", 200),
        ("GET /sign-in HTTP/1.1\r\nHost:\r\n", 400),
        ("GET /sign-in HTTP/1.1\r\nHost: a b\r\n", 400),
        ("GET /sign-in HTTP/1.1\r\nHost: user@hooks.example.com\r\n", 400),
        ("GET /sign-in HTTP/1.1\r\nHost: hooks.example.com:http\r\n", 400),
        ("GET /sign-in HTTP/1.1\r\nHost: [::1\r\n", 400),
        ("GET /sign-in HTTP/1.1\r\nHost: hooks.example.com\r\nHost: evil.example\r\n", 400),
        ("GET /sign-in HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n", 400),
        ("GET http://hooks.example.com/sign-in HTTP/1.1\r\nHost: hooks.example.com\r\n", 200),
        ("GET http://evil.example/sign-in HTTP/1.1\r\nHost: hooks.example.com\r\n", 421),
        ("GET http://hooks.example.com/sign-in HTTP/1.1\r\nHost: evil.example\r\n", 421),
        ("GET http://evil.example/healthz HTTP/1.1\r\nHost: evil.example\r\n", 200),
    ] {
        assert_eq!(raw(&app, head).await, status, "{head}");
    }
}
