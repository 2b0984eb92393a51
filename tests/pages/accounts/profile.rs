use crate::support::{App, PASSWORD, Visitor};

const NEW: &str = "another long password";

async fn change(visitor: &Visitor, old: &str, new: &str) -> crate::support::Page {
    let form = visitor.open("/profile").await.form("#f-current-password");
    visitor.submit(form.fill("f-current-password", old).fill("f-new-password", new)).await
}

#[tokio::test]
async fn name_language_time_zone_and_theme_belong_to_the_account() {
    let app = App::start();
    let viewer = app.signed_in("viewer").await;
    let page = viewer.open("/profile").await;
    assert_eq!(page.attribute("html", "data-theme"), None);
    let form = page.form("#f-user-name").fill("f-user-name", "Анна").set("language", "uk");
    let page = viewer.follow(form.set("time_zone", "Europe/Kyiv").set("theme", "dark")).await;
    assert!(page.says("Профіль збережено") && page.text(".who").contains("Анна"), "{}", page.text("body"));
    assert_eq!(page.attribute("html", "data-theme").as_deref(), Some("dark"));
    let elsewhere = app.visitor();
    elsewhere.sign_in("viewer@example.com", PASSWORD).await;
    let page = elsewhere.open("/webhooks").await;
    let look = (page.attribute("html", "lang"), page.attribute("html", "data-theme"));
    assert_eq!(look, (Some("uk".into()), Some("dark".into())), "in every browser");
    viewer.follow(viewer.open("/profile").await.form_to("/sign-out")).await;
    assert_eq!(viewer.open("/sign-in").await.attribute("html", "data-theme").as_deref(), Some("dark"));
}

#[tokio::test]
async fn the_language_of_the_account_overrides_the_browser_and_the_address_overrides_both() {
    let app = App::start();
    let admin = app.admin().await.speaking("en");
    let lang = |page: crate::support::Page| page.attribute("html", "lang").unwrap_or_default();
    let choose = async |language: &str| {
        let form = admin.open("/profile").await.form("#f-user-name").set("language", language);
        admin.follow(form).await
    };
    choose("uk").await;
    assert_eq!(lang(admin.open("/webhooks").await), "uk");
    assert_eq!(lang(admin.open("/webhooks?lang=en").await), "en");
    assert_eq!(lang(admin.open("/webhooks").await), "uk", "the language of the account, not the cookie");
    choose("").await;
    assert_eq!(lang(admin.open("/webhooks").await), "en", "the cookie");
    assert_eq!(lang(admin.open("/webhooks?lang=uk").await), "uk");
    assert_eq!(lang(admin.open("/webhooks").await), "uk");
}

#[tokio::test]
async fn profile_errors_are_shown_beside_their_fields() {
    let app = App::start();
    let admin = app.admin().await;
    let form = admin.open("/profile").await.form("#f-user-name").fill("f-user-name", " ");
    let page = admin.submit(form.set("time_zone", "Mars/Olympus").set("theme", "light")).await.expect(422);
    assert!(!page.error("user-name").is_empty() && !page.error("time-zone").is_empty());
    let again = page.form("#f-user-name");
    assert_eq!((again.value("time_zone"), again.value("theme")), ("Mars/Olympus", "light"), "what was typed stays");
}

#[tokio::test]
async fn a_new_password_needs_the_old_one_and_ends_the_other_sessions() {
    let app = App::start();
    let here = app.admin().await;
    let there = app.visitor();
    there.sign_in("admin@example.com", PASSWORD).await;
    let page = change(&here, "not my password", NEW).await.expect(422);
    assert_eq!(page.error("current-password"), "The current password is wrong. Try again");
    assert!(!change(&here, PASSWORD, "short").await.expect(422).error("new-password").is_empty());
    there.open("/webhooks").await;
    let (name, old) = here.session();
    change(&here, PASSWORD, NEW).await.leads_to();
    assert!(here.open("/profile").await.says("The password was changed"));
    assert!(there.get("/webhooks").await.leads_to().starts_with("/sign-in"));
    let thief = app.visitor();
    thief.set_cookie(&name, &old);
    assert_eq!(thief.get("/webhooks").await.status, 303, "the session has a new key");
    assert_eq!(app.visitor().try_sign_in("admin@example.com", PASSWORD).await.status, 422);
    app.visitor().sign_in("admin@example.com", NEW).await;
}

#[tokio::test]
async fn wrong_old_passwords_lead_to_a_wait() {
    let app = App::start();
    let admin = app.admin().await;
    for _ in 0..5 {
        assert_eq!(change(&admin, "not my password", NEW).await.status, 422);
    }
    let page = change(&admin, PASSWORD, NEW).await.expect(429);
    assert!(page.error("current-password").contains("Try again in"), "{}", page.error("current-password"));
    assert!(page.header("retry-after").parse::<u64>().is_ok_and(|seconds| seconds > 0));
}

#[tokio::test]
async fn other_browsers_can_be_signed_out() {
    let app = App::start();
    let here = app.admin().await;
    assert!(!here.open("/profile").await.has("form[action='/profile/sign-outs']"), "there are no others");
    let there = app.visitor();
    there.sign_in("admin@example.com", PASSWORD).await;
    let viewer = app.signed_in("viewer").await;
    let page = here.open("/profile").await;
    let rows = page.texts("tbody tr");
    let own = rows.iter().filter(|row| row.contains("This session")).count();
    assert_eq!((rows.len(), own), (2, 1), "{rows:?}");
    let page = here.follow(page.form_to("/profile/sign-outs")).await;
    assert!(page.says("You are signed out everywhere else"));
    assert_eq!(page.texts("tbody tr").len(), 1);
    assert!(there.get("/webhooks").await.leads_to().starts_with("/sign-in"));
    viewer.open("/webhooks").await;
}
