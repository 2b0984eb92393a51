//! Refused forms: what was typed stays, and the answer says in its own words what happened.

use crate::pages::accounts::ended_session::{ADMIN, end_sessions};
use crate::pages::{good_form, make_webhook};
use crate::support::{App, PASSWORD, Page};

/// Title and first paragraph of an error page, which the script shows for a request of htmx.
fn words(page: &Page) -> (String, String) {
    (page.text("#main h1"), page.text("#main .head p"))
}

#[tokio::test]
async fn a_form_of_htmx_whose_session_has_ended_works_after_sign_in_in_another_tab() {
    let app = App::start();
    let late = app.admin().await;
    let form = good_form(&late, "https://typed.example.com/").await;
    end_sessions(&app);
    let answer = late.submit_htmx(form.clone()).await.expect(401);
    let (title, text) = words(&answer);
    assert_eq!(title, "Your session has ended");
    assert!(text.contains("What you typed is still here"), "{text}");
    assert_eq!((answer.header("hx-redirect"), answer.header("www-authenticate")), ("", "Session"));
    let sign_in = late.open(&answer.attribute("#main a.btn", "href").expect("a link")).await.form("[name=password]");
    let other_tab = late.follow(sign_in.set("email", ADMIN).set("password", PASSWORD)).await;
    assert_eq!(other_tab.form("#f-url").value("url"), "", "the form is still in the first tab");
    assert!(late.submit_htmx(form).await.expect(200).header("hx-redirect").ends_with("/secret"));
    end_sessions(&app);
    let (_, text) = words(&late.fetch("/deliveries").await.expect(401));
    assert_eq!(text, "Sign in again to continue.", "no form was sent");
}

#[tokio::test]
async fn a_form_of_htmx_with_an_old_token_gets_a_valid_one() {
    let app = App::start();
    let admin = app.admin().await;
    let form = good_form(&admin, "https://typed.example.com/").await.set("_csrf", "old");
    let answer = admin.submit_htmx(form.clone()).await.expect(403);
    assert_eq!(words(&answer).0, "The page was open for too long");
    let token = answer.attribute("[name=_csrf]", "value").expect("a token");
    assert!(admin.submit_htmx(form.set("_csrf", &token)).await.expect(200).header("hx-redirect").ends_with("/secret"));
}

#[tokio::test]
async fn a_switch_of_a_deleted_webhook_says_that_it_is_gone() {
    let app = App::start();
    let admin = app.admin().await;
    let (id, _) = make_webhook(&admin, "https://a.example.com/").await;
    let switch = admin.open("/webhooks").await.form_to(&format!("/webhooks/{id}/deactivation"));
    app.api("admin").delete(&format!("webhooks/{id}")).await;
    for (language, title) in [("en", "This no longer exists"), ("uk", "Цього вже немає")] {
        admin.open(&format!("/webhooks?lang={language}")).await;
        assert_eq!(words(&admin.submit_htmx(switch.clone()).await.expect(404)).0, title);
    }
}

#[tokio::test]
async fn without_scripts_a_refused_form_is_filled_in_again() {
    let app = App::start();
    let admin = app.admin().await;
    let typed = "Typed by hand";
    let inbox = admin.open("/inboxes").await.form("#f-inbox-name").fill("f-inbox-name", typed);
    let user = admin.open("/users").await.form("#f-email").fill("f-email", "typed@example.com");
    for (form, shows) in [(inbox, typed), (user, "typed@example.com")] {
        let answer = admin.submit(form.clone().set("_csrf", "old")).await.expect(403);
        assert_eq!(words(&answer).1, "Nothing was saved or sent. What you typed is kept: send the form again.");
        let again = answer.form_to(&form.action);
        assert!(!admin.open(&form.action.replace("/invitations", "")).await.says(shows), "nothing was stored");
        let page = admin.follow(again).await;
        assert!(page.says(shows), "{}", page.text("main"));
    }
    let password = admin.open("/profile").await.form("[name=current_password]").set("current_password", PASSWORD);
    let answer = admin.submit(password.set("_csrf", "old")).await.expect(403);
    assert!(!answer.body.contains(PASSWORD) && answer.find_form("form[action='/profile/password']").is_none());
    let (id, _) = make_webhook(&admin, "https://a.example.com/").await;
    let edit = admin.open(&format!("/webhooks/{id}/edit")).await.form("#f-url").set("name", typed);
    app.api("admin").delete(&format!("webhooks/{id}")).await;
    let answer = admin.submit(edit).await.expect(404);
    assert_eq!(answer.attribute("#main a.btn", "href").as_deref(), Some("/webhooks/new"));
    assert_eq!(admin.open("/webhooks/new").await.form("#f-url").value("name"), typed);
}

#[tokio::test]
async fn without_scripts_a_switch_leads_back_to_the_filtered_list_and_its_notice() {
    let app = App::start();
    let admin = app.admin().await;
    let (id, _) = make_webhook(&admin, "https://a.example.com/").await;
    let list = "/webhooks?q=example";
    let switch = admin.open(list).await.form_to(&format!("/webhooks/{id}/deactivation"));
    let request = admin.form_request(&switch).header("referer", format!("{}{list}", app.url));
    assert_eq!(admin.send(&switch.action, request).await.leads_to(), list);
    assert!(admin.open(list).await.has(".notice.ok"));
}
