//! The first steps of a new installation.

use crate::pages::make_webhook;
use crate::support::{App, event};

#[tokio::test]
async fn the_first_steps_are_ticked_as_they_are_done_and_then_go_away() {
    let app = App::start();
    let admin = app.admin().await;
    let list = admin.open("/webhooks").await;
    assert_eq!(list.texts(".steps li").len(), 3);
    assert!(!list.has(".steps .done") && list.says("No webhooks yet"), "{}", list.text("main"));
    assert!(list.text("#step-token-command").contains("hachok token add"));
    assert!(list.text("#step-event-command").contains(&format!("{}/api/v1/events", app.url)));
    assert!(list.has("[data-copy='#step-event-command']"));
    assert_eq!(admin.open("/webhooks?lang=uk").await.text("#h-steps"), "Перші кроки");

    make_webhook(&admin, "https://a.example.com/").await;
    let list = admin.open("/webhooks?lang=en").await;
    assert!(list.has("#step-webhook.done") && !list.has("#step-token.done"), "{}", list.text(".steps"));
    let api = app.api("ingest");
    assert!(admin.open("/webhooks").await.has("#step-token.done"));
    api.accepted(event("team_changed")).await;
    assert!(!admin.open("/webhooks").await.has(".steps"), "all are done");
}

#[tokio::test]
async fn viewers_see_no_first_steps() {
    let app = App::start();
    assert!(!app.signed_in("viewer").await.open("/webhooks").await.has(".steps"));
}

#[tokio::test]
async fn before_set_up_the_sign_in_page_says_where_the_link_is() {
    let app = App::start();
    let visitor = app.visitor();
    let to = visitor.get("/").await.leads_to();
    assert!(visitor.open(&to).await.text(".notice").contains("setup link that Hachok printed"));
    assert!(visitor.speaking("uk").open("/sign-in").await.text(".notice").contains("посилання для початкового"));
    app.user("a@example.com", "admin", crate::support::PASSWORD);
    assert!(!app.visitor().open("/sign-in").await.has(".notice"));
}
