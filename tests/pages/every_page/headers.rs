use std::io::Read;

use flate2::read::GzDecoder;
use reqwest::{Method, Response};

use crate::pages::make_webhook;
use crate::support::{App, Page};

const POLICY: [&str; 9] = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
];

fn guarded(page: &Page) {
    let policy = page.header("content-security-policy");
    let parts: Vec<_> = policy.split(';').map(str::trim).collect();
    for part in POLICY {
        assert!(parts.contains(&part), "{part} at {}: {policy:?}", page.path);
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(page.header(name), value, "{name} at {}", page.path);
    }
    assert_eq!(page.header("access-control-allow-origin"), "", "{}", page.path);
    assert_eq!(page.header("server"), "", "{}", page.path);
}

#[tokio::test]
async fn every_answer_has_the_security_headers() {
    let app = App::start();
    let admin = app.admin().await;
    let (id, page) = make_webhook(&admin, "https://a.example.com/").await;
    guarded(&page);
    for path in [
        "/",
        "/sign-in",
        "/setup",
        "/webhooks",
        "/webhooks/new",
        &format!("/webhooks/{id}"),
        &format!("/webhooks/{id}/edit"),
        &format!("/webhooks/{id}/deliveries"),
        &format!("/webhooks/{id}/test"),
        &format!("/webhooks/{id}/secret"),
        &format!("/webhooks/{id}/delete"),
        "/webhooks/999",
        "/webhooks/nonsense",
        "/deliveries",
        "/deliveries/dlv_0000000000000",
        "/inboxes",
        "/events",
        "/healthz",
        "/readyz",
        "/nowhere",
        "/static/nowhere.css",
        "/static/../Cargo.toml",
        "/%00",
        "/api/v1/nowhere",
        "/api/v1/accounts/1/webhooks",
    ] {
        guarded(&admin.get(path).await);
        guarded(&app.visitor().get(path).await);
    }
    for (method, path) in [(Method::POST, "/webhooks"), (Method::DELETE, "/webhooks"), (Method::POST, "/nowhere")] {
        guarded(&admin.send(path, admin.request(method, path)).await);
    }
    let huge = admin.request(Method::POST, "/webhooks").header("content-type", "application/x-www-form-urlencoded");
    guarded(&admin.send("/webhooks", huge.body("a".repeat(1 << 20))).await);
}

#[tokio::test]
async fn pages_are_not_stored_and_vary_with_htmx() {
    let app = App::start();
    let admin = app.admin().await;
    for path in ["/webhooks", "/webhooks/new", "/deliveries", "/inboxes"] {
        let page = admin.open(path).await;
        assert!(page.header("cache-control").contains("no-store"), "{path}: {}", page.header("cache-control"));
        assert!(page.header("vary").to_ascii_lowercase().contains("hx-request"), "{path}: {}", page.header("vary"));
        assert!(page.header("content-type").starts_with("text/html"), "{path}");
    }
}

#[tokio::test]
async fn static_files_have_the_same_origin_and_are_cached_forever() {
    let app = App::start();
    let page = app.visitor().open("/sign-in").await;
    let loaded: Vec<_> = page.links().into_iter().filter(|link| link.contains("/static/")).collect();
    assert!(loaded.iter().any(|link| link.ends_with(".css")), "{loaded:?}");
    for link in page.links() {
        assert!(
            link.starts_with('/') || link.starts_with('#') || link.starts_with("data:") || link.starts_with('?'),
            "{link}"
        );
    }
    for link in loaded {
        let file = app.visitor().open(&link).await;
        let caching = file.header("cache-control");
        assert!(caching.contains("immutable") && caching.contains("max-age=31536000"), "{link}: {caching}");
        guarded(&file);
    }
    assert_eq!(app.visitor().get("/static/app.0000000000000000.css").await.status, 404);
}

#[tokio::test]
async fn the_first_page_is_small() {
    let app = App::start();
    let visitor = app.admin().await;
    let page = visitor.open("/webhooks").await;
    let mut sum = 0;
    for link in page.links().into_iter().filter(|link| link.contains("/static/")).chain(["/webhooks".to_owned()]) {
        let request = visitor.request(Method::GET, &link).header("accept-encoding", "gzip");
        let answer = request.send().await.expect("an answer");
        sum += answer.bytes().await.expect("a body").len();
    }
    assert!(sum <= 36_000, "{sum} bytes");
}

#[tokio::test]
async fn text_is_compressed_as_a_whole_for_clients_that_accept_gzip() {
    let app = App::start();
    let visitor = app.visitor();
    for path in ["/sign-in", "/nowhere"] {
        let plain = visitor.get(path).await;
        assert_eq!(plain.header("content-encoding"), "", "{path}");
        for (accepted, compressed) in [
            ("gzip", true),
            ("br, gzip;q=0.5, *;q=0", true),
            ("*", false),
            ("GZIP, deflate", true),
            ("", false),
            ("br", false),
            ("gzip;q=0", false),
            ("gzip;q=0, *", false),
            ("identity;q=0", false),
            ("nonsense;;;", false),
        ] {
            let send = async |method| {
                visitor.request(method, path).header("accept-encoding", accepted).send().await.expect("an answer")
            };
            let (get, head) = (send(Method::GET).await, send(Method::HEAD).await);
            let coding = |answer: &Response| {
                answer.headers().get("content-encoding").map(|coding| coding.to_str().expect("text").to_owned())
            };
            assert_eq!(coding(&get).as_deref(), compressed.then_some("gzip"), "{path}, {accepted:?}");
            assert_eq!((coding(&head), head.status()), (coding(&get), get.status()), "{path}, {accepted:?}");
            assert!(get.headers().get_all("vary").iter().any(|name| name == "accept-encoding"), "{path}, {accepted:?}");
            let (length, bytes) = (get.content_length(), get.bytes().await.expect("a body"));
            assert_eq!(length, Some(bytes.len() as u64), "{path}, {accepted:?}");
            if compressed {
                let mut body = String::new();
                GzDecoder::new(&*bytes).read_to_string(&mut body).expect("gzip");
                assert!(bytes.len() < body.len() && body.lines().count() == plain.body.lines().count(), "{path}");
            }
        }
    }
    // A body that fits into one packet is not compressed.
    let health = visitor.request(Method::GET, "/healthz").header("accept-encoding", "gzip").send().await;
    assert_eq!(health.expect("an answer").headers().get("content-encoding"), None);
}

#[tokio::test]
async fn static_files_are_sent_in_the_smallest_form_that_the_client_accepts() {
    let app = App::start();
    let visitor = app.visitor();
    for path in visitor.open("/sign-in").await.links().into_iter().filter(|link| link.contains("/static/")) {
        let plain = visitor.get(&path).await;
        let mut tags = Vec::new();
        for (accepted, coding) in [
            ("gzip, deflate, br, zstd", "br"),
            ("gzip, deflate", "gzip"),
            ("br;q=0.5, gzip", "gzip"),
            ("br;q=0, gzip;q=0.1", "gzip"),
            ("gzip;q=0.5, br;q=0.5", "br"),
            ("identity, gzip;q=0.5", ""),
            ("zstd", ""),
            ("br;q=0, gzip;q=0", ""),
            ("*", ""),
            ("", ""),
        ] {
            let send = async |tag: &str| {
                let request = visitor.request(Method::GET, &path).header("accept-encoding", accepted);
                request.header("if-none-match", tag).send().await.expect("an answer")
            };
            let answer = send("\"other\"").await;
            let header =
                |name: &str| answer.headers().get(name).map_or("", |value| value.to_str().expect("text")).to_owned();
            assert_eq!(header("content-encoding"), coding, "{path}, {accepted:?}");
            assert!(header("vary").contains("accept-encoding") && header("cache-control").contains("immutable"));
            let tag = header("etag");
            let mut body = Vec::new();
            let bytes = answer.bytes().await.expect("a body");
            match coding {
                "br" => brotli::BrotliDecompress(&mut &*bytes, &mut body).map(|()| 0).expect("brotli"),
                "gzip" => GzDecoder::new(&*bytes).read_to_end(&mut body).expect("gzip"),
                _ => bytes.as_ref().read_to_end(&mut body).expect("bytes"),
            };
            assert_eq!(body, plain.body.as_bytes(), "{path}, {accepted:?}");
            assert_eq!(send(&tag).await.status(), 304, "{path}, {accepted:?}");
            tags.push((coding, tag));
        }
        tags.sort_unstable();
        tags.dedup();
        assert_eq!(tags.len(), 3, "each form has its own tag: {tags:?}");
    }
}

#[tokio::test]
async fn the_404_page_is_in_the_language_of_the_request() {
    let app = App::start();
    let admin = app.admin().await;
    assert!(admin.get("/nowhere").await.expect(404).says("Page not found"));
    for path in ["/webhooks/999", "/webhooks/nonsense", "/webhooks/99999999999999999999", "/deliveries/nonsense"] {
        assert!(admin.get(path).await.expect(404).says("Page not found"), "{path}");
    }
    assert!(admin.get("/nowhere?lang=uk").await.expect(404).says("Сторінку не знайдено"));
}
