//! Forms from an origin other than the public URL: what the page and the log say.

use crate::support::{App, Page, Place, Visitor};

/// Sends the sign-in form as a page of `origin` would, with the cookies of the browser.
async fn send_from(visitor: &Visitor, origin: Option<&str>) -> Page {
    let form =
        visitor.open("/sign-in").await.form("[name=password]").set("email", "a@example.com").set("password", "x");
    let mut request = visitor.form_request(&form).build().expect("a request");
    request.headers_mut().remove("origin");
    if let Some(origin) = origin {
        request.headers_mut().insert("origin", origin.parse().expect("a value"));
    }
    visitor.send("/sign-in", reqwest::RequestBuilder::from_parts(crate::support::http(), request)).await
}

#[tokio::test]
async fn a_wrong_origin_is_named_on_the_page_and_once_in_the_log() {
    let app = App::at(Place::new().set("HACHOK_PUBLIC_URL", "https://hooks.example.com"));
    for (language, title) in [("en", "The form was sent from another site"), ("uk", "Форму надіслано з іншого сайту")]
    {
        let visitor = app.visitor().speaking(language);
        let page = send_from(&visitor, Some("https://desk.example.com:8443")).await.expect(403);
        assert_eq!(page.text("h1"), title);
        for words in ["https://desk.example.com:8443", "https://hooks.example.com", "HACHOK_PUBLIC_URL"] {
            assert!(page.says(words), "{words}: {}", page.text("main"));
        }
        assert_eq!(page.attribute("main a.btn", "href").as_deref(), Some("https://hooks.example.com"));
    }
    let log = app.log();
    let lines: Vec<_> = log.lines().filter(|line| line.contains("desk.example.com")).collect();
    assert_eq!(lines.len(), 1, "{log}");
    assert!(lines[0].contains("https://hooks.example.com") && lines[0].contains("HACHOK_PUBLIC_URL"), "{lines:?}");
    let visitor = app.visitor();
    for number in 0..50 {
        send_from(&visitor, Some(&format!("https://{number}.example"))).await.expect(403);
    }
    assert_eq!(app.log().lines().filter(|line| line.contains("HACHOK_PUBLIC_URL")).count(), 10);
    assert_eq!(send_from(&visitor, Some("https://hooks.example.com")).await.status, 422, "the right one");
}

#[tokio::test]
async fn a_page_over_http_names_the_https_public_url() {
    let app = App::at(Place::new().set("HACHOK_PUBLIC_URL", "https://hooks.example.com"));
    let own = app.url.clone();
    for (language, title) in [("en", "Open this page over https"), ("uk", "Відкрийте цю сторінку через https")]
    {
        let visitor = app.visitor().speaking(language);
        // A browser sends `Origin`; its cookie needs TLS, so it is not sent back.
        let page = send_from(&visitor, Some(&own)).await.expect(403);
        assert_eq!(page.text("h1"), title);
        assert!(page.says("https://hooks.example.com"), "{}", page.text("main"));
        assert_eq!(page.attribute("main a.btn", "href").as_deref(), Some("https://hooks.example.com"));
        // Other clients send no `Origin`.
        let form = visitor.open("/sign-in").await.form("[name=password]");
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&form.fields).finish();
        let request = crate::support::http().post(format!("{own}/sign-in")).header("accept-language", language);
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
        let page = visitor.send("/sign-in", request).await.expect(403);
        assert_eq!(page.text("h1"), title);
    }
}

#[tokio::test]
async fn a_browser_without_cookies_gets_an_explanation() {
    let app = App::start();
    for (language, title) in [("en", "Your browser sent no cookie"), ("uk", "Браузер не надіслав файл cookie")]
    {
        let form = app.visitor().open("/sign-in").await.form("[name=password]");
        let visitor = app.visitor().speaking(language);
        let page = visitor.submit(form).await.expect(403);
        assert_eq!(page.text("h1"), title);
        let page = visitor.open("/sign-in").await.form("[name=password]").set("_csrf", "stale");
        let page = visitor.submit(page).await.expect(403);
        assert_ne!(page.text("h1"), title, "with the cookie, the token is too old");
    }
}

#[tokio::test]
async fn without_https_the_own_host_is_an_origin_over_both_schemes() {
    let app = App::start();
    let visitor = app.visitor();
    let host = app.url.trim_start_matches("http://");
    for (origin, status) in [
        (None, 422),
        (Some(app.url.as_str()), 422),
        (Some(&*format!("https://{host}")), 422),
        (Some("http://127.0.0.1:1"), 403),
        (Some("null"), 403),
        (Some(""), 403),
        (Some(host), 403),
        (Some(&*format!("ftp://{host}")), 403),
    ] {
        assert_eq!(send_from(&visitor, origin).await.status, status, "{origin:?}");
    }
}
