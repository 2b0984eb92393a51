//! What the form of a webhook folds away, and what it says about addresses.

use crate::pages::{good_form, made, make_webhook};
use crate::support::{App, Place};

#[tokio::test]
async fn rarer_events_are_folded_until_one_of_them_is_selected() {
    let app = App::start();
    let admin = app.admin().await;
    let page = admin.open("/webhooks/new").await;
    assert!(!page.has("#g-first details") && !page.has(".group details[open]"));
    assert_eq!(page.texts(".group > details").len(), page.texts(".group").len() - 1);
    let page = admin.open("/webhooks/new?event=ticket_created").await;
    assert_eq!(page.texts(".group > details[open]").len(), 1);
    assert!(page.has(".group > details[open] [value=ticket_created][checked]"));
}

#[tokio::test]
async fn rare_options_are_folded_unless_they_are_set_or_wrong() {
    let app = App::start();
    let admin = app.admin().await;
    let page = admin.open("/webhooks/new").await;
    assert!(page.has("details.more:not([open]) #f-timeout") && page.says("More options"));
    for always in ["[name=auth]", "#f-inboxes", "#f-headers", "#f-secret"] {
        assert!(page.has(always) && !page.has(&format!("details.more {always}")), "{always}");
    }
    let form = good_form(&admin, "https://a.example.com/").await.set("timeout_s", "99");
    let refused = admin.submit(form.clone()).await.expect(422);
    assert!(refused.has("details.more[open] #f-timeout[aria-invalid]"));
    assert!(refused.has("#errsum[autofocus]"), "without scripts, the focus is on the summary");
    let (id, _) = made(&admin, form.set("timeout_s", "7")).await;
    let edit = admin.open(&format!("/webhooks/{id}/edit")).await;
    assert!(edit.has("details.more[open] #f-timeout"));
    assert_eq!(
        edit.links().iter().filter(|link| link.ends_with("/secret")).count(),
        1,
        "one way to replace the secret"
    );
}

#[tokio::test]
async fn the_hint_says_which_addresses_this_installation_allows() {
    for (place, hint) in [
        (Place::bare(), "An https:// address that"),
        (Place::new(), "http:// only in private networks that the server allows"),
        (Place::bare().set("HACHOK_ALLOW_HTTP", "true"), "An http:// or https:// address"),
    ] {
        let app = App::at(place);
        let hinted = app.admin().await.open("/webhooks/new").await.text("#hint-url");
        assert!(hinted.contains(hint), "{hinted}");
    }
}

#[tokio::test]
async fn a_refused_private_address_names_the_setting() {
    let app = App::at(Place::bare());
    let admin = app.admin().await;
    for url in ["http://127.0.0.1:9100/hook", "http://localhost:9100/hook", "https://10.0.0.7/", "http://[::1]/"] {
        let page = admin.submit(good_form(&admin, url).await).await.expect(422);
        assert!(page.error("url").contains("HACHOK_ALLOW_NETWORKS"), "{url}: {}", page.error("url"));
    }
    let page = admin.submit(good_form(&admin, "http://example.com/").await).await.expect(422);
    assert!(page.error("url").contains("https://") && !page.error("url").contains("HACHOK"), "{}", page.error("url"));
}

#[tokio::test]
async fn after_creating_the_key_is_copied_and_a_test_is_the_next_step() {
    let app = App::start();
    let admin = app.admin().await;
    let (id, page) = make_webhook(&admin, "https://a.example.com/").await;
    assert_eq!(page.texts("main .btn.primary"), ["Copy"]);
    assert_eq!(page.attribute("#next-test", "href"), Some(format!("/webhooks/{id}/test")));
    assert!(page.has("details:not([open]) [name=overlap]") && !page.says("cannot be viewed"));
    let later = admin.open(&format!("/webhooks/{id}/secret")).await;
    assert!(!later.has("details [name=overlap]") && later.says("cannot be viewed") && !later.has("#next-test"));
}
