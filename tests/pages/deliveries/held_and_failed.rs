//! Deliveries that were held while a webhook was off, and deliveries that failed.

use serde_json::json;

use crate::support::{App, Receiver, Reply, event, eventually, webhook};

#[tokio::test]
async fn held_deliveries_are_sent_or_discarded_as_the_person_chooses() {
    let (app, receiver) = (App::start(), Receiver::start());
    let (admin, api) = (app.admin().await, app.api("admin"));
    let id = api.webhook(&webhook(&receiver.at("/a"))).await["id"].clone();
    let path = format!("/webhooks/{id}/held");
    for (choice, word, delivered) in [("discard", "discard", 0), ("send", "send", 2)] {
        api.patch(&format!("webhooks/{id}"), &json!({ "enabled": false })).await;
        for _ in 0..2 {
            api.accepted(event("message_created")).await;
        }
        let switch = admin.open("/webhooks").await.form_to(&format!("/webhooks/{id}/activation"));
        assert_eq!(admin.submit(switch).await.leads_to(), path);
        let asked = admin.open(&path).await;
        assert!(asked.text("main").contains('2') && asked.text("main").to_lowercase().contains(word));
        let uk = admin.open(&format!("{path}?lang=uk")).await;
        assert!(uk.says("2 доставки"), "{}", uk.text("main"));
        admin.open(&format!("{path}?lang=en")).await;
        assert_eq!(
            admin.submit(asked.form_to(&path).set("choice", choice)).await.leads_to(),
            format!("/webhooks/{id}")
        );
        receiver.await_requests("/a", delivered).await;
        eventually("nothing is pending", || async { api.deliveries("status=pending").await.is_empty().then_some(()) })
            .await;
        assert_eq!(receiver.seen("/a").len(), delivered);
    }
    let discarded = api.deliveries("status=failed").await;
    assert!(discarded.len() == 2 && discarded.iter().all(|delivery| delivery["reason"] == "cancelled"));
}

#[tokio::test]
async fn failed_deliveries_are_counted_sent_again_and_shown_with_progress() {
    let (app, receiver) = (App::start(), Receiver::start());
    let (admin, api) = (app.admin().await, app.api("admin"));
    receiver.answers("/a", [Reply::Status(500), Reply::Status(500), Reply::Status(204)]);
    let id = api.webhook(&webhook(&receiver.at("/a"))).await["id"].clone();
    for _ in 0..2 {
        api.accepted(event("message_created")).await;
    }
    receiver.await_requests("/a", 2).await;
    eventually("two stored attempts", || async {
        let waiting = api.deliveries("status=pending").await;
        let announced = futures_util::future::join_all(waiting.iter().map(|delivery| {
            let id = delivery["id"].as_str().unwrap_or_default().to_owned();
            let api = &api;
            async move { api.delivery(&id).await["attempts"][0]["outcome"] == "failed" }
        }));
        announced.await.into_iter().all(|announced| announced).then_some(())
    })
    .await;
    app.run_sql("UPDATE deliveries SET status = 'failed', reason = 'exhausted', next_attempt_at = NULL");

    let wrong = admin.get(&format!("/deliveries/resend?webhook={id}&from=soon")).await;
    assert_eq!((wrong.status, wrong.error("since").is_empty()), (422, false));
    let page = admin.open("/deliveries/resend").await;
    assert!(page.text("#found").contains('2') && !page.has("[id^=recovery]"), "{}", page.text("main"));
    let counted = admin.submit(page.form("form[action='/deliveries/resend']")).await;
    assert!(counted.text("#found").contains('2'), "{}", counted.text("main"));
    let progress = admin.submit(counted.form("#found form")).await.leads_to();
    assert!(progress.starts_with("/recoveries/"), "{progress}");
    receiver.await_requests("/a", 4).await;
    eventually("the recovery is done", || async {
        let page = admin.open(&progress).await;
        (!page.has("[hx-trigger]") || page.find_form(&format!("form[action='{progress}/cancellation']")).is_none())
            .then_some(())
    })
    .await;
    let again = admin.submit(admin.open("/deliveries/resend").await.form("form[action='/deliveries/resend']")).await;
    assert!(again.find_form("#found form").is_none(), "{}", again.text("main"));
    let listed = again.text("[id^=recovery]");
    assert!(listed.contains("2 of 2 sent") && listed.contains("Done"), "{listed}");
    assert!(again.links().contains(&progress), "{:?}", again.links());
}
