use crate::support::{App, PASSWORD};

const COOKIE: &str = "hachok_session_";

#[tokio::test]
async fn the_session_cookie_is_same_site_and_http_only() {
    let app = App::start();
    app.user("anna@example.com", "admin", PASSWORD);
    let answer = app.visitor().try_sign_in("anna@example.com", PASSWORD).await;
    let lines: Vec<_> = answer.headers.get_all("set-cookie").iter().filter_map(|line| line.to_str().ok()).collect();
    let cookie = lines.iter().find(|line| line.starts_with(COOKIE)).unwrap_or_else(|| panic!("{lines:?}"));
    let parts: Vec<_> = cookie.split(';').map(|part| part.trim().to_ascii_lowercase()).collect();
    for part in ["httponly", "samesite=lax", "path=/"] {
        assert!(parts.iter().any(|known| known == part), "{part} in {cookie}");
    }
    assert!(!parts.iter().any(|part| part.starts_with("domain") || part == "secure"), "{cookie}");
}

#[tokio::test]
async fn the_sessions_of_a_profile_name_browser_and_address() {
    let app = App::start();
    let admin = app.admin().await;
    let other = app.visitor();
    let form = other.open("/sign-in").await.form("[name=password]");
    let form = form.set("email", "admin@example.com").set("password", PASSWORD);
    let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0";
    other.send("/sign-in", other.form_request(&form).header("user-agent", firefox)).await.leads_to();
    let names = |page: crate::support::Page| page.texts("[aria-labelledby=h-sessions] td.c-name");
    let shown = names(admin.open("/profile").await);
    assert!(shown.iter().all(|name| name.contains("127.0.0.1")), "{shown:?}");
    assert!(shown[0].contains("Firefox, Linux") && shown[1].contains("Unknown browser"), "{shown:?}");
    // A session that began before this was stored.
    app.run_sql("UPDATE sessions SET state = replace(state, '\"device\"', '\"nothing\"')");
    assert_eq!(names(admin.open("/profile").await), ["Unknown browser", "Unknown browser"]);
}

#[tokio::test]
async fn behind_https_the_cookie_is_bound_to_the_host() {
    let app = App::at(crate::support::Place::new().set("HACHOK_PUBLIC_URL", "https://hooks.example.com"));
    app.user("anna@example.com", "admin", PASSWORD);
    let visitor = app.visitor();
    let form = visitor.open("/sign-in").await.form("[name=password]");
    let form = form.set("email", "anna@example.com").set("password", PASSWORD);
    let request = visitor.form_request(&form);
    let (client, request) = (crate::support::http(), request.build().expect("a request"));
    let mut request = request;
    request.headers_mut().insert("origin", "https://hooks.example.com".parse().expect("a value"));
    let answer = client.execute(request).await.expect("an answer");
    assert_eq!(answer.status(), 303);
    let lines: Vec<_> = answer.headers().get_all("set-cookie").iter().filter_map(|line| line.to_str().ok()).collect();
    let cookie =
        lines.iter().find(|line| line.starts_with("__Host-hachok_session_")).unwrap_or_else(|| panic!("{lines:?}"));
    assert!(cookie.to_ascii_lowercase().contains("; secure"), "{cookie}");
    assert!(answer.headers().contains_key("strict-transport-security"));
}

#[tokio::test]
async fn signing_in_gives_a_new_session() {
    let app = App::start();
    app.user("anna@example.com", "admin", PASSWORD);
    let visitor = app.visitor();
    visitor.open("/sign-in").await;
    visitor.sign_in("anna@example.com", PASSWORD).await;
    let (name, before) = visitor.session();
    let visitor = app.visitor();
    visitor.set_cookie(&name, &before);
    let form = visitor.open("/webhooks").await.form_to("/sign-out");
    visitor.submit(form).await.leads_to();
    visitor.set_cookie(&name, "planted");
    visitor.sign_in("anna@example.com", PASSWORD).await;
    assert!(!["planted", &before].contains(&visitor.session().1.as_str()));
    visitor.open("/webhooks").await;
}

#[tokio::test]
async fn signing_out_ends_the_session_on_the_server() {
    let app = App::start();
    let visitor = app.admin().await;
    let (name, cookie) = visitor.session();
    let form = visitor.open("/webhooks").await.form_to("/sign-out");
    assert!(visitor.submit(form).await.leads_to().starts_with("/sign-in"));
    assert_eq!(visitor.get("/webhooks").await.status, 303);
    let thief = app.visitor();
    thief.set_cookie(&name, &cookie);
    assert!(thief.get("/webhooks").await.leads_to().starts_with("/sign-in"), "a replayed cookie opens nothing");
}

#[tokio::test]
async fn an_ended_session_stays_ended() {
    let app = App::start();
    let visitor = app.admin().await;
    let (name, cookie) = visitor.session();
    let form = visitor.open("/webhooks").await.form_to("/sign-out");
    visitor.submit(form.clone()).await.leads_to();
    // Its row still exists, with an expiry beyond any session's.
    app.run_sql("UPDATE sessions SET expires_at = expires_at + 86400000000");
    let thief = app.visitor();
    thief.set_cookie(&name, &cookie);
    for path in ["/webhooks", "/profile", "/tokens"] {
        assert!(thief.get(path).await.leads_to().starts_with("/sign-in"), "{path}");
    }
    assert!(thief.submit(form.set("_csrf", "")).await.leads_to().starts_with("/sign-in"), "to sign out again");
    visitor.sign_in("admin@example.com", PASSWORD).await;
    assert!(thief.get("/webhooks").await.leads_to().starts_with("/sign-in"), "also after a new session has begun");
    let profile = visitor.open("/profile").await;
    assert!(profile.find_form("form[action='/profile/sign-outs']").is_none(), "no other session is listed");
}

#[tokio::test]
async fn a_session_survives_a_restart() {
    let mut app = App::start();
    let visitor = app.admin().await;
    let (name, cookie) = visitor.session();
    app.stop();
    app.start_again();
    let later = app.visitor();
    later.set_cookie(&name, &cookie);
    later.open("/webhooks").await;
}

#[tokio::test]
async fn the_database_does_not_hold_session_ids() {
    let app = App::on_sqlite();
    let cookie = app.admin().await.session().1;
    let stored = app.stored_bytes();
    assert!(!stored.windows(cookie.len()).any(|part| part == cookie.as_bytes()));
}

#[tokio::test]
async fn a_session_ends_after_twelve_hours_without_use_and_after_seven_days() {
    let app = App::start();
    let hours = |hours: i64| hours * 3_600_000_000;
    let visitor = app.admin().await;
    app.run_sql(&format!("UPDATE sessions SET expires_at = expires_at - {}", hours(11)));
    visitor.open("/webhooks").await;
    app.run_sql(&format!("UPDATE sessions SET expires_at = expires_at - {}", hours(13)));
    assert!(visitor.get("/webhooks").await.leads_to().starts_with("/sign-in"));
    visitor.sign_in("admin@example.com", PASSWORD).await;
    app.run_sql(&format!("UPDATE sessions SET created_at = created_at - {}", hours(7 * 24 + 1)));
    assert!(visitor.get("/webhooks").await.leads_to().starts_with("/sign-in"), "even if it is in use");
}
