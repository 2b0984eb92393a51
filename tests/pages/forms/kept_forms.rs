//! A form that is sent after the end of its session is kept, and comes back after signing in.

use crate::pages::accounts::ended_session::{ADMIN, end_sessions, sign_in_again};
use crate::pages::{good_form, make_webhook};
use crate::support::{App, Form, PASSWORD, Page, Visitor};

#[tokio::test]
async fn a_new_webhook_comes_back_filled_but_for_its_secrets() {
    let app = App::start();
    let late = app.admin().await;
    let form = late.open("/webhooks/new?event=team_changed").await.form("#f-url");
    let form = form.set("url", "https://a.example.com/x").tick("events", "message_created").set("name", "CRM «А»");
    let form = form.set("auth", "bearer").set("bearer_token", "canary-1").set("basic_password", "canary-2");
    let form = form.set("secret", "canary-3-canary-3-canary-3-canary").set("timeout_s", "7");
    let form = form.set("headers[0][name]", "X-Shown").set("headers[0][value]", "plain");
    let form = form.set("headers[1][name]", "X-Key").set("headers[1][value]", "canary-4").tick("headers[1][hide]", "1");
    let form = (2..6).fold(form, |form, row| {
        form.set(&format!("headers[{row}][name]"), &format!("X-{row}")).set(&format!("headers[{row}][value]"), "more")
    });
    end_sessions(&app);
    let referer = format!("{}/webhooks/new?event=team_changed", app.url);
    let turned_away = late.send("/webhooks", late.form_request(&form).header("referer", referer)).await;
    let asked = late.open(&turned_away.leads_to()).await;
    assert!(asked.says("What you typed is kept for 30 minutes") && asked.says("Nothing was saved or sent."));
    let page = sign_in_again(&late, &turned_away, ADMIN).await;
    assert_eq!(page.path, "/webhooks/new?event=team_changed");
    assert!(
        page.text(".notice").contains("The form contains what you typed, except passwords"),
        "{}",
        page.text("main")
    );
    assert!(!page.body.contains("canary"));
    let filled = page.form("#f-url");
    for (name, value) in [
        ("url", "https://a.example.com/x"),
        ("name", "CRM «А»"),
        ("auth", "bearer"),
        ("timeout_s", "7"),
        ("headers[0][value]", "plain"),
        ("headers[1][name]", "X-Key"),
        ("headers[1][value]", ""),
        ("headers[1][hide]", "1"),
        ("headers[5][name]", "X-5"),
        ("headers[5][value]", "more"),
    ] {
        assert_eq!(filled.value(name), value, "{name}");
    }
    assert_eq!(filled.values("events").len(), 2);
    let api = app.api("read");
    let stored = || async { api.get("webhooks").await.json()["payload"]["webhooks"].as_array().map(Vec::len) };
    assert_eq!(stored().await, Some(0), "nothing happens without a new click");
    // Opening it again, or in another language, loses nothing.
    let uk = late.open("/webhooks/new?event=team_changed&lang=uk").await;
    assert_eq!(uk.form("#f-url").value("name"), "CRM «А»");
    assert!(uk.text(".notice").contains("У формі є все, що ви ввели"), "{}", uk.text("main"));
    let filled = filled.set("bearer_token", "new").set("headers[1][value]", "new");
    late.submit(filled).await.leads_to();
    assert_eq!(stored().await, Some(1));
    let blank = late.open("/webhooks/new?event=team_changed").await;
    assert_eq!(blank.form("#f-url").value("name"), "", "it was sent");
}

/// Path, form, and the fields with what is typed.
type Fields<'a> = &'a [(&'a str, &'a str)];

#[tokio::test]
async fn every_other_form_comes_back_with_what_was_typed() {
    let app = App::start();
    let late = app.admin().await;
    app.signed_in("viewer").await;
    let (id, _) = make_webhook(&late, "https://a.example.com/").await;
    late.submit(late.open("/inboxes").await.form("#f-inbox-name").fill("f-inbox-name", "Sales")).await.leads_to();
    let viewer = late.open("/users").await.links().into_iter().rfind(|link| link.starts_with("/users/")).expect("one");
    let (edit, test, verify) =
        (format!("/webhooks/{id}/edit"), format!("/webhooks/{id}/test"), format!("/webhooks/{id}/verify"));
    let forms: [(&str, &str, Fields); 10] = [
        (&edit, "#f-url", &[("name", "Renamed"), ("timeout_s", "9")]),
        (&test, "#f-body", &[("body", "{\"event\":\"webhook_test\",\"typed\":\"a < b\"}")]),
        (&verify, "[name=signature]", &[("id", "evt_1"), ("signature", "v1,abc"), ("body", "{}\n{}")]),
        ("/inboxes", "#f-inbox-name", &[("name", "Support"), ("external_id", "44")]),
        ("/inboxes/1/edit", "#f-inbox-name", &[("name", "Sales EU")]),
        ("/users", "#f-email", &[("email", "anna@example.com"), ("name", "Anna"), ("role", "admin")]),
        (&viewer, "[name=role]", &[("role", "admin")]),
        ("/tokens", "#f-token-name", &[("name", "Desk"), ("scope", "read"), ("lifetime", "90")]),
        ("/profile", "#f-user-name", &[("name", "Олена"), ("time_zone", "Europe/Kyiv"), ("theme", "dark")]),
        ("/settings", "[name=substatus_attribute]", &[("substatus_attribute", "phase"), ("language", "uk")]),
    ];
    let mut typed = Vec::new();
    for (page, control, fields) in forms {
        let form = late.open(page).await.form(control);
        typed.push((page, fields.iter().fold(form, |form, (name, value)| form.set(name, value)), control, fields));
    }
    for (page, form, control, fields) in typed {
        let shown = after_the_end(&app, &late, &form).await;
        assert_eq!(shown.path, page);
        let filled = shown.form(control);
        for (name, value) in fields {
            assert_eq!(filled.value(name), *value, "{name} on {page}");
        }
        assert!(shown.says("Nothing was saved or sent. The form contains what you typed"), "{page}");
        // The version is kept, too: a change by another person meanwhile is still noticed.
        assert_eq!(filled.value("version"), form.value("version"));
    }
    assert!(!late.open("/inboxes").await.says("Sales EU") && !late.open("/webhooks").await.says("Renamed"));
}

/// Ends the session, sends the form, and signs in as the same person.
async fn after_the_end(app: &App, visitor: &Visitor, form: &Form) -> Page {
    // The form token belongs to the ended session.
    let fresh = visitor.open("/settings").await.form_to("/sign-out");
    let form = form.clone().set("_csrf", fresh.value("_csrf"));
    end_sessions(app);
    let turned_away = visitor.submit(form).await;
    sign_in_again(visitor, &turned_away, ADMIN).await
}

#[tokio::test]
async fn actions_without_fields_lead_to_the_page_with_their_button() {
    let app = App::start();
    let late = app.admin().await;
    let (id, _) = make_webhook(&late, "https://a.example.com/").await;
    let off = late.open(&format!("/webhooks/{id}")).await.form_to(&format!("/webhooks/{id}/deactivation"));
    let page = after_the_end(&app, &late, &off).await;
    assert!(
        page.find_form(&format!("form[action='/webhooks/{id}/deactivation']")).is_some(),
        "still on: {}",
        page.path
    );
    let password = late.open("/profile").await.form("[name=current_password]").set("current_password", PASSWORD);
    let password = password.set("password", "canary horse battery");
    let page = after_the_end(&app, &late, &password).await;
    assert!(page.path == "/profile" && !page.body.contains("canary"), "{}", page.path);
    app.visitor().sign_in(ADMIN, PASSWORD).await;
}

#[tokio::test]
async fn another_person_does_not_find_the_form() {
    let app = App::start();
    let late = app.admin().await;
    app.user("anna@example.com", "admin", PASSWORD);
    let form = good_form(&late, "https://secret.example.com/").await;
    end_sessions(&app);
    let turned_away = late.submit(form).await;
    let page = sign_in_again(&late, &turned_away, "anna@example.com").await;
    assert!(!page.body.contains("secret.example.com"), "{}", page.path);
    late.submit(late.open("/webhooks").await.form_to("/sign-out")).await.leads_to();
    late.sign_in(ADMIN, PASSWORD).await;
    assert!(!late.open("/webhooks/new").await.body.contains("secret.example.com"), "it was dropped");
}

#[tokio::test]
async fn no_form_is_kept_of_a_session_that_a_person_ended() {
    let app = App::start();
    let late = app.admin().await;
    let form = good_form(&late, "https://secret.example.com/").await;
    // The session ends by itself and the form is kept; then the account is disabled and enabled again.
    end_sessions(&app);
    let turned_away = late.submit(form.clone()).await;
    assert!(late.open(&turned_away.leads_to()).await.says("kept for 30 minutes"));
    app.run(&["user", "disable", "--email", ADMIN]).stdout_of_success();
    app.run_sql("UPDATE users SET disabled_at = NULL");
    assert!(!late.open("/sign-in").await.says("kept for 30 minutes"));
    // A form that is sent after that is not kept.
    let turned_away = late.submit(form).await;
    assert!(!late.open(&turned_away.leads_to()).await.says("kept for 30 minutes"));
    let page = sign_in_again(&late, &turned_away, ADMIN).await;
    assert!(!late.open("/webhooks/new").await.body.contains("secret.example.com"), "{}", page.path);
}

#[tokio::test]
async fn a_form_is_kept_for_half_an_hour_of_a_session_that_ended_within_a_day() {
    let app = App::start();
    let late = app.admin().await;
    let form = good_form(&late, "https://typed.example.com/").await;
    end_sessions(&app);
    let turned_away = late.submit(form.clone()).await;
    app.run_sql("UPDATE kept_forms SET created_at = created_at - 1810000000");
    assert!(!late.open(&turned_away.leads_to()).await.says("kept for 30 minutes"));
    assert!(late.open("/sign-in").await.says("Your session has ended"));
    // A day later the session is no longer known.
    app.run_sql("UPDATE sessions SET expires_at = expires_at - 86400000000");
    let turned_away = late.submit(form).await;
    assert!(!late.open(&turned_away.leads_to()).await.says("kept for 30 minutes"));
    assert_eq!(sign_in_again(&late, &turned_away, ADMIN).await.form("#f-url").value("url"), "");
}

#[tokio::test]
async fn a_session_that_ended_after_seven_days_keeps_its_form_too() {
    let app = App::start();
    let late = app.admin().await;
    let form = good_form(&late, "https://typed.example.com/").await;
    app.run_sql("UPDATE sessions SET created_at = created_at - 605000000000");
    let page = sign_in_again(&late, &late.submit(form).await, ADMIN).await;
    assert_eq!(page.form("#f-url").value("url"), "https://typed.example.com/");
}

#[tokio::test]
async fn only_a_form_of_that_very_session_is_kept() {
    let app = App::start();
    let late = app.admin().await;
    let form = good_form(&late, "https://forged.example.com/").await;
    end_sessions(&app);
    for forged in [form.clone().set("_csrf", "junk"), form.clone().without("_csrf")] {
        let turned_away = late.submit(forged).await;
        assert!(!late.open(&turned_away.leads_to()).await.says("kept for 30 minutes"));
    }
    let foreign = late.form_request(&form).build().expect("a request");
    let mut foreign = foreign;
    foreign.headers_mut().insert("sec-fetch-site", "cross-site".parse().expect("a value"));
    let foreign = reqwest::RequestBuilder::from_parts(crate::support::http(), foreign);
    late.send("/webhooks", foreign).await.expect(403);
    let stranger = app.visitor();
    let turned_away = stranger.submit(form).await;
    assert!(!stranger.open(&turned_away.leads_to()).await.says("has ended"));
}

#[tokio::test]
async fn a_kept_form_is_sealed_and_limited() {
    let app = App::start();
    let late = app.admin().await;
    let form = late.open("/webhooks/new").await.form("#f-url").set("name", "canary-in-the-form");
    end_sessions(&app);
    let large = form.clone().set("url", &"x".repeat(600_000));
    let turned_away = late.submit(large).await;
    assert!(turned_away.status == 413 || !late.open(&turned_away.leads_to()).await.says("kept for 30 minutes"));
    let turned_away = late.submit(form).await;
    assert!(late.open(&turned_away.leads_to()).await.says("kept for 30 minutes"));
    if app.is_sqlite() {
        let stored = app.stored_bytes();
        assert!(!stored.windows(18).any(|part| part == b"canary-in-the-form"));
    }
}

#[tokio::test]
async fn a_wrong_password_does_not_lose_the_kept_form() {
    let app = App::start();
    let late = app.admin().await;
    let form = good_form(&late, "https://typed.example.com/").await;
    end_sessions(&app);
    let turned_away = late.submit(form).await;
    let form = late.open(&turned_away.leads_to()).await.form("[name=password]").set("email", ADMIN);
    let wrong = late.submit(form.set("password", "wrong password")).await.expect(422);
    let page = late.follow(wrong.form("[name=password]").set("password", PASSWORD)).await;
    assert_eq!(page.form("#f-url").value("url"), "https://typed.example.com/");
}

#[tokio::test]
async fn forms_in_other_windows_work_once_the_same_person_has_signed_in_again() {
    let app = App::start();
    let late = app.admin().await;
    app.user("anna@example.com", "admin", PASSWORD);
    let inbox = |name: &str, form: &Form| form.clone().set("name", name);
    let form = late.open("/inboxes").await.form("#f-inbox-name");
    end_sessions(&app);
    let first = late.open("/sign-in").await.form("[name=password]").set("email", ADMIN).set("password", PASSWORD);
    late.submit(first.clone()).await.leads_to();
    assert_eq!(late.submit(inbox("Sales", &form)).await.leads_to(), "/inboxes");
    assert_eq!(late.submit(first.set("next", "/status")).await.leads_to(), "/status", "signed in already");
    end_sessions(&app);
    late.sign_in("anna@example.com", PASSWORD).await;
    assert_eq!(late.submit(inbox("Support", &form)).await.status, 403, "another person");
}

#[tokio::test]
async fn five_forms_of_a_person_are_kept() {
    let app = App::start();
    app.user(ADMIN, "admin", PASSWORD);
    let mut windows = Vec::new();
    for _ in 0..6 {
        let visitor = app.visitor();
        visitor.sign_in(ADMIN, PASSWORD).await;
        let form = good_form(&visitor, "https://typed.example.com/").await;
        windows.push((visitor, form));
    }
    end_sessions(&app);
    let mut asked = Vec::new();
    for (visitor, form) in &windows {
        asked.push(visitor.submit(form.clone()).await.leads_to());
    }
    for (place, ((visitor, _), address)) in windows.iter().zip(&asked).enumerate() {
        assert_eq!(visitor.open(address).await.says("kept for 30 minutes"), place > 0, "{place}");
    }
}
