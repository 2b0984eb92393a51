use std::collections::BTreeSet;

use crate::support::{App, PASSWORD, Page, Visitor};

/// The tokens of all forms of a page.
fn tokens(page: &Page) -> BTreeSet<String> {
    let fields = page.body.split("name=\"_csrf\" value=\"").skip(1);
    fields.map(|rest| rest.split('"').next().unwrap_or_default().to_owned()).collect()
}

async fn add_inbox(admin: &Visitor, token: &str, name: &str) -> u16 {
    let form = admin.open("/inboxes").await.form("#f-inbox-name").fill("f-inbox-name", name);
    admin.submit(form.set("_csrf", token)).await.status
}

#[tokio::test]
async fn form_tokens_differ_on_each_page_and_all_keep_working() {
    let app = App::start();
    let admin = app.admin().await;
    let (first, second) = (tokens(&admin.open("/inboxes").await), tokens(&admin.open("/inboxes").await));
    assert_eq!((first.len(), second.len()), (1, 1), "all forms of one page share the mask");
    assert!(first.is_disjoint(&second), "{first:?}");
    for (place, token) in first.iter().chain(&second).chain(&first).enumerate() {
        assert_eq!(add_inbox(&admin, token, &format!("Inbox {place}")).await, 303);
    }
}

#[tokio::test]
async fn no_position_of_the_form_token_is_equal_on_many_pages() {
    let app = App::start();
    let admin = app.admin().await;
    let mut seen = Vec::new();
    for _ in 0..6 {
        seen.extend(tokens(&admin.open("/webhooks").await));
    }
    assert_eq!(seen.len(), 6);
    let letter = |token: &String, place: usize| token.as_bytes()[place];
    let constant =
        (0..seen[0].len()).filter(|place| seen.iter().all(|token| letter(token, *place) == letter(&seen[0], *place)));
    // By accident, about one position in ten million is equal in all six.
    assert_eq!(constant.count(), 0, "{seen:?}");
}

#[tokio::test]
async fn the_form_token_without_a_session_is_masked_too() {
    let app = App::start();
    app.user("anna@example.com", "admin", PASSWORD);
    let visitor = app.visitor();
    let first = visitor.open("/sign-in").await.form("[name=password]");
    let second = visitor.open("/sign-in").await.form("[name=password]");
    assert_ne!(first.value("_csrf"), second.value("_csrf"));
    let wrong = visitor.submit(second.set("email", "anna@example.com").set("password", "wrong password")).await;
    wrong.expect(422);
    visitor.submit(first.set("email", "anna@example.com").set("password", PASSWORD)).await.leads_to();
}

#[tokio::test]
async fn a_shortened_lengthened_or_changed_form_token_is_refused() {
    let app = App::start();
    let admin = app.admin().await;
    let token = tokens(&admin.open("/inboxes").await).pop_first().expect("a token");
    let swapped: String = token.chars().rev().collect();
    let junk =
        ["", "A", "AAAA", "not base64 at all!", "\u{0}", &"A".repeat(86), &"A".repeat(100_000)].map(str::to_owned);
    let parts = [&token[1..], &token[..token.len() - 1], &token[..43]].map(str::to_owned);
    let longer = [format!("{token}AA"), format!("{token}{token}"), format!(" {token}"), swapped];
    for wrong in junk.iter().chain(&parts).chain(&longer) {
        assert_eq!(add_inbox(&admin, wrong, "forged").await, 403, "{wrong:.100?}");
    }
    assert!(!admin.open("/inboxes").await.says("forged"));
    assert_eq!(add_inbox(&admin, &token, "meant").await, 303);
}

#[tokio::test]
async fn the_form_tokens_of_fragments_work() {
    let app = App::start();
    let admin = app.admin().await;
    let (id, _) = crate::pages::make_webhook(&admin, "https://a.example.com/").await;
    let switch = format!("/webhooks/{id}/deactivation");
    let row = admin.submit_htmx(admin.open("/webhooks").await.form_to(&switch)).await.expect(200);
    let back = row.form_to(&format!("/webhooks/{id}/activation"));
    assert!(admin.submit_htmx(back).await.expect(200).find_form(&format!("form[action='{switch}']")).is_some());
}
