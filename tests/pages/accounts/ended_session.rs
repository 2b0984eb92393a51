//! After the end of a session: where the sign-in page leads, and what it says.

use reqwest::Method;

use crate::house::routes;
use crate::pages::{good_form, make_webhook};
use crate::support::{App, PASSWORD, Page, Visitor};

pub const ADMIN: &str = "admin@example.com";

/// Ends all sessions, as 12 hours without use do.
pub fn end_sessions(app: &App) {
    app.run_sql("UPDATE sessions SET expires_at = expires_at - 46800000000");
}

/// Signs in on the page that a response redirects to; returns the page after that.
pub async fn sign_in_again(visitor: &Visitor, turned_away: &Page, email: &str) -> Page {
    let form = visitor.open(&turned_away.leads_to()).await.form("[name=password]");
    visitor.follow(form.set("email", email).set("password", PASSWORD)).await
}

/// The value of `next` in the address of a sign-in page.
fn next_of(address: &str) -> String {
    let query = address.split_once('?').map_or("", |(_, query)| query);
    let next = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "next");
    next.map_or_else(|| "/webhooks".to_owned(), |(_, value)| value.into_owned())
}

/// The sign-in page to which the answer to a request of htmx links.
fn sign_in_link(answer: &Page) -> String {
    assert_eq!(answer.status, 401, "{}", answer.path);
    answer.attribute("#main a.btn", "href").expect("a link")
}

#[tokio::test]
async fn every_route_after_the_end_of_a_session_leads_back_to_a_page() {
    let app = App::start();
    let late = app.admin().await;
    make_webhook(&late, "https://a.example.com/").await;
    end_sessions(&app);
    let again = app.visitor();
    again.sign_in(ADMIN, PASSWORD).await;
    let mut seen = 0;
    for route in routes::pages() {
        if ["/sign-in", "/sign-out", "/setup", "/invite/{token}"].contains(&route.path.as_str()) {
            continue;
        }
        let path = route.path.replace("{id}", "1").replace("{name}", "message_created");
        for (method, htmx) in [("get", false), ("get", true), ("post", false), ("post", true)] {
            if !route.methods.contains(&method) {
                continue;
            }
            let verb = if method == "get" { Method::GET } else { Method::POST };
            let mut request = late.request(verb, &path).header("content-type", "application/x-www-form-urlencoded");
            if htmx {
                request = request.header("hx-request", "true");
            }
            let answer = late.send(&path, request).await;
            let address = if htmx { sign_in_link(&answer) } else { answer.leads_to() };
            assert!(address.starts_with("/sign-in"), "{method} {path}: {} {address}", answer.status);
            let query: String =
                url::form_urlencoded::Serializer::new(String::new()).append_pair("next", &next_of(&address)).finish();
            let page = again.get(&format!("/sign-in?{query}")).await.leads_to();
            let mut page = again.get(&page).await;
            if page.status == 303 {
                page = again.get(&page.leads_to()).await;
            }
            assert_ne!(page.status, 405, "{method} {path} leads to {}", page.path);
            assert!(page.body.starts_with("<!doctype html>"), "{method} {path} leads to a part: {}", page.path);
            // The path itself, as an old link may have it.
            let old = again.get(&format!("/sign-in?next={path}")).await.leads_to();
            assert_ne!(again.get(&old).await.status, 405, "{path}");
            seen += 1;
        }
    }
    assert!(seen > 80, "{seen} were tried");
}

#[tokio::test]
async fn the_sign_in_page_says_that_the_session_has_ended() {
    let app = App::start();
    let late = app.admin().await;
    assert!(!app.visitor().open("/sign-in").await.says("has ended"), "nobody was signed in");
    end_sessions(&app);
    let asked = late.get("/deliveries?status=failed").await.leads_to();
    assert_eq!(next_of(&asked), "/deliveries?status=failed");
    for (language, words) in [
        ("en", "Your session has ended. Sign in again to continue."),
        ("uk", "Ваш сеанс завершився. Увійдіть ще раз, щоб продовжити."),
    ] {
        let page = late.open(&format!("{asked}&lang={language}")).await;
        assert!(page.text(".notice").contains(words), "{}", page.text("main"));
    }
    // Also long afterwards: a session cookie shows that its browser was signed in once.
    app.run_sql("UPDATE sessions SET expires_at = expires_at - 864000000000");
    assert!(late.open("/sign-in?lang=en").await.says("Your session has ended"));
    late.set_cookie(&late.session().0, "forged");
    assert!(!late.open("/sign-in").await.says("Your session has ended"));
}

#[tokio::test]
async fn signing_out_shows_no_notice_and_keeps_no_form() {
    let app = App::start();
    let admin = app.admin().await;
    let ((name, cookie), form) = (admin.session(), good_form(&admin, "https://a.example").await);
    admin.submit(admin.open("/webhooks").await.form_to("/sign-out")).await.leads_to();
    assert!(!admin.open("/sign-in").await.says("has ended"));
    let page = admin.submit(form.clone()).await.leads_to();
    assert!(!admin.open(&page).await.says("kept for 30 minutes"));
    // Not even with the cookie of that session.
    admin.set_cookie(&name, &cookie);
    let page = sign_in_again(&admin, &admin.submit(form).await, ADMIN).await;
    assert_eq!(page.form("#f-url").value("url"), "", "{}", page.path);
}

#[tokio::test]
async fn signing_out_of_an_ended_session_is_no_error() {
    let app = App::start();
    let late = app.admin().await;
    let form = late.open("/webhooks").await.form_to("/sign-out");
    end_sessions(&app);
    assert_eq!(late.submit(form).await.leads_to(), "/sign-in");
    assert!(!late.open("/sign-in").await.says("has ended"));
}

#[tokio::test]
async fn forms_and_fragments_lead_back_to_the_page_that_the_browser_was_on() {
    let app = App::start();
    let late = app.admin().await;
    let (id, _) = make_webhook(&late, "https://a.example.com/").await;
    let switch = late.open("/webhooks").await.form_to(&format!("/webhooks/{id}/deactivation"));
    end_sessions(&app);
    let base = app.url.clone();
    let evil = format!("{base}//evil.example/");
    for (header, value, page) in [
        ("referer", format!("{base}/webhooks?q=a"), "/webhooks?q=a".to_owned()),
        ("referer", format!("{base}/webhooks/{id}/test"), format!("/webhooks/{id}/test")),
        ("referer", format!("{base}/webhooks/{id}/deactivation"), format!("/webhooks/{id}")),
        ("referer", "https://evil.example/deliveries".into(), format!("/webhooks/{id}")),
        ("referer", evil, "/webhooks".into()),
        ("referer", "junk".into(), format!("/webhooks/{id}")),
        ("hx-current-url", format!("{base}/webhooks?page=2"), "/webhooks?page=2".into()),
        ("hx-current-url", "https://evil.example/deliveries".into(), format!("/webhooks/{id}")),
    ] {
        let htmx = header.starts_with("hx");
        let mut request = late.form_request(&switch).header(header, &value);
        if htmx {
            request = request.header("hx-request", "true");
        }
        let answer = late.send(&switch.action, request).await;
        let address = if htmx { sign_in_link(&answer) } else { answer.leads_to() };
        assert_eq!(next_of(&address), page, "{header}: {value}");
        let shown = late.open(&address).await;
        assert!(shown.says("Nothing was changed or sent. After you sign in, press the button again."), "{address}");
    }
    let row = late.request(Method::GET, "/webhooks/header-row?i=3").header("hx-request", "true");
    let row = row.header("hx-current-url", format!("{base}/webhooks/{id}/edit"));
    assert_eq!(next_of(&sign_in_link(&late.send("", row).await)), format!("/webhooks/{id}/edit"));
    assert_eq!(next_of(&late.get("/webhooks/header-row?i=3").await.leads_to()), "/webhooks/new");
}
