use crate::delivery::after_attempt;
use crate::pages::{good_form, make_webhook};
use crate::support::{App, Receiver, event};

#[tokio::test]
async fn a_valid_form_answers_htmx_with_a_redirect() {
    let app = App::start();
    let admin = app.admin().await;
    let page = admin.submit_htmx(good_form(&admin, "https://a.example.com/").await).await.expect(200);
    assert!(page.header("hx-redirect").starts_with("/webhooks/"), "{:?}", page.headers);
    admin.open(page.header("hx-redirect")).await;
}

#[tokio::test]
async fn an_invalid_form_answers_htmx_with_only_the_summary_and_the_errors() {
    let app = App::start();
    let admin = app.admin().await;
    let form = good_form(&admin, "nonsense").await.set("auth", "bearer").set("bearer_token", "canary x");
    let page = admin.submit_htmx(form.clone()).await.expect(422);
    assert!(!page.body.contains("<html") && !page.body.contains("<input"), "{}", page.body);
    assert!(!page.body.contains("canary"));
    assert!(page.text("#errsum").contains("The webhook was not saved"), "{}", page.body);
    for slug in ["url", "token"] {
        assert!(!page.error(slug).is_empty(), "{slug}");
        assert!(page.attribute(&format!("#err-{slug}"), "hx-swap-oob").is_some(), "{}", page.body);
    }
    // The slot of a mended field comes back empty.
    assert!(page.has("#err-events") && page.error("events").is_empty(), "{}", page.body);
    let full = admin.submit(form).await.expect(422);
    assert_eq!(full.error("url"), page.error("url"));
}

#[tokio::test]
async fn the_switch_answers_with_its_own_row() {
    let app = App::start();
    let admin = app.admin().await;
    let (id, _) = make_webhook(&admin, "https://a.example.com/").await;
    let form = admin.open("/webhooks").await.form_to(&format!("/webhooks/{id}/deactivation"));
    let page = admin.submit_htmx(form).await.expect(200);
    assert!(!page.body.contains("<html"), "{}", page.body);
    assert!(page.body.contains(&format!("/webhooks/{id}/activation")), "{}", page.body);
    assert!(page.body.contains(&format!("id=\"sw-{id}\"")), "the control keeps its id, and with it the focus");
}

#[tokio::test]
async fn fragments_of_list_and_log_equal_their_regions_of_the_page() {
    let (app, receiver) = (App::start(), Receiver::start());
    let admin = app.admin().await;
    make_webhook(&admin, &receiver.at("/a")).await;
    let api = app.api("admin");
    api.accepted(event("message_created")).await;
    after_attempt(&api, 1).await;
    for (path, id) in [("/webhooks?q=127", "list"), ("/deliveries?status=success", "log")] {
        let fragment = admin.fetch(path).await.expect(200);
        assert!(!fragment.body.contains("<html") && !fragment.body.contains("<nav"), "{path}: {}", fragment.body);
        assert!(fragment.body.trim_start().starts_with('<') && fragment.has(&format!("#{id}")), "{}", fragment.body);
        assert!(
            admin.open(path).await.without_tokens().contains(fragment.without_tokens().trim()),
            "{path}: byte for byte"
        );
        assert!(fragment.header("vary").to_ascii_lowercase().contains("hx-request"));
    }
}

#[tokio::test]
async fn a_history_request_of_htmx_gets_the_whole_page() {
    let app = App::start();
    let admin = app.admin().await;
    let request = admin.request(reqwest::Method::GET, "/webhooks").header("hx-request", "true");
    let page = admin.send("/webhooks", request.header("hx-history-restore-request", "true")).await;
    assert!(page.body.contains("<html"), "{}", page.body);
}
