//! What the API says of a delivery, and sending it again.

use serde_json::{Value, json};

use crate::support::{Api, App, Receiver, Reply, event, event_in, eventually, webhook};

/// The newest delivery, once `ready` says so.
async fn newest(api: &Api, ready: impl Fn(&Value) -> bool) -> Value {
    eventually("a delivery", || async { api.deliveries("").await.into_iter().next().filter(|one| ready(one)) }).await
}

fn id(delivery: &Value) -> &str {
    delivery["id"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn a_list_names_the_inbox_and_the_last_attempt() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    receiver.answers("/a", [Reply::Status(503), Reply::Status(200)]);
    api.webhook(&webhook(&receiver.at("/a"))).await;
    api.accepted(event_in("message_created", 7)).await;
    let failed = newest(&api, |one| one["attempt_count"] == 1 && one["last_attempt"]["outcome"] == "failed").await;
    assert_eq!(
        failed["inbox"],
        json!({ "id": failed["inbox_id"], "external_id": "7", "name": failed["inbox"]["name"] })
    );
    let last = &failed["last_attempt"];
    assert_eq!(
        (&last["number"], &last["cause"], &last["response_status"]),
        (&json!(1), &json!("http_status"), &json!(503))
    );
    assert!(last["started_at"].is_string() && last["duration_ms"].is_i64(), "{failed}");
    let done = newest(&api, |one| one["status"] == "success").await;
    assert_eq!((&done["attempt_count"], &done["last_attempt"]["response_status"]), (&json!(2), &json!(200)));
    assert_eq!(done["last_attempt"]["cause"], Value::Null);
    // One name has one type: the count everywhere, the attempts only in a single delivery.
    let whole = api.delivery(id(&done)).await;
    assert_eq!((&whole["attempt_count"], whole["attempts"].as_array().map(Vec::len)), (&json!(2), Some(2)));
    assert_eq!((&whole["last_attempt"], &whole["inbox"]), (&done["last_attempt"], &done["inbox"]));
    assert!(done.get("attempts").is_none() && done.get("payload").is_none(), "{done}");
    api.accepted(event("message_created")).await;
    assert_eq!(newest(&api, |one| one["id"] != done["id"]).await["inbox"], Value::Null);
}

#[tokio::test]
async fn a_delivery_in_flight_shows_its_running_attempt() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    receiver.answers("/a", [Reply::After(std::time::Duration::from_secs(3), Box::new(Reply::Status(200)))]);
    api.webhook(&webhook(&receiver.at("/a"))).await;
    api.accepted(event("message_created")).await;
    let running = newest(&api, |one| one["attempt_count"] == 1).await;
    let last = &running["last_attempt"];
    assert_eq!((&last["number"], &last["outcome"], &last["duration_ms"]), (&json!(1), &json!("started"), &Value::Null));
}

#[tokio::test]
async fn what_was_sent_again_and_what_sends_it_name_each_other() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    api.webhook(&webhook(&receiver.at("/a"))).await;
    api.accepted(event("message_created")).await;
    let first = newest(&api, |one| one["status"] == "success").await;
    assert_eq!(
        (&first["resend_of"], &first["resent_as"], &first["recovery_id"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    let path = format!("deliveries/{}/redelivery", id(&first));
    let answer = api.post(&path, &json!({})).await;
    let again = answer.json()["payload"]["delivery"].clone();
    assert_eq!(answer.header("location"), format!("/api/v1/accounts/1/deliveries/{}", id(&again)));
    assert_eq!((&again["resend_of"], &again["attempt_count"]), (&first["id"], &json!(0)));
    assert_eq!(api.delivery(id(&first)).await["resent_as"], again["id"]);
    let newest = api.post(&path, &json!({})).await.json()["payload"]["delivery"]["id"].clone();
    let listed = api.deliveries(&format!("event_id={}", first["event_id"].as_str().unwrap_or_default())).await;
    let old = listed.iter().find(|one| one["id"] == first["id"]).expect("the first one");
    assert_eq!((listed.len(), &old["resent_as"]), (3, &newest), "the newest one");

    let admin = app.admin().await;
    let page = admin.open(&format!("/deliveries/{}", id(&first))).await;
    assert_eq!(
        page.attribute("#resent-as", "href"),
        Some(format!("/deliveries/{}", newest.as_str().unwrap_or_default()))
    );
    assert!(page.says("Sent again as") && !page.has("#resend-of"), "{}", page.text("main"));
    let page = admin.open(&format!("/deliveries/{}?lang=uk", id(&again))).await;
    assert_eq!(page.attribute("#resend-of", "href"), Some(format!("/deliveries/{}", id(&first))));
    assert!(page.says("Повтор доставки"), "{}", page.text("main"));
}

#[tokio::test]
async fn sending_again_is_refused_while_the_webhook_is_off_once_it_is_deleted_and_for_tests() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    api.webhook(&webhook(&receiver.at("/a"))).await;
    let tested = api.post("webhooks/1/test", &json!({})).await.json()["payload"]["delivery"].clone();
    let event_id = api.accepted(event("message_created")).await;
    let sent = newest(&api, |one| one["status"] == "success" && one["trigger"] == "event").await;
    let again = async |delivery: &Value| api.post(&format!("deliveries/{}/redelivery", id(delivery)), &json!({})).await;
    let send_to = async |webhook: Value| {
        api.post(&format!("events/{event_id}/deliveries"), &json!({ "webhook_id": webhook })).await
    };
    let said =
        |answer: crate::support::Answer| (answer.status, answer.json()["code"].as_str().unwrap_or("").to_owned());
    let code = |status: u16, code: &str| (status, code.to_owned());
    assert_eq!(said(again(&tested).await), code(409, "test_delivery"));
    assert_eq!(said(again(&json!({ "id": "dlv_0000000000001" })).await), code(404, "not_found"));
    assert_eq!(said(send_to(json!(9)).await), code(422, "unknown_webhook"));
    for wrong in [json!("1"), Value::Null] {
        assert_eq!(said(send_to(wrong).await), code(422, "invalid"));
    }
    api.patch("webhooks/1", &json!({ "enabled": false })).await;
    assert_eq!(said(again(&sent).await), code(409, "webhook_off"));
    assert_eq!(said(send_to(json!(1)).await), code(409, "webhook_off"));
    assert_eq!(api.delete("webhooks/1").await.status, 200);
    assert_eq!(said(again(&sent).await), code(410, "webhook_deleted"));
    assert_eq!(said(send_to(json!(1)).await), code(410, "webhook_deleted"));
    assert_eq!(receiver.seen("/a").len(), 2, "the test and the event");
}

#[tokio::test]
async fn a_pending_delivery_is_cancelled_and_one_that_has_ended_is_not() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    receiver.answers("/a", [Reply::Status(500)]);
    api.webhook(&webhook(&receiver.at("/a"))).await;
    api.accepted(event("message_created")).await;
    let waiting = newest(&api, |one| one["state"] == "retrying").await;
    let cancel = format!("deliveries/{}/cancellation", id(&waiting));
    assert_eq!(app.api("read").post(&cancel, &json!({})).await.status, 401);
    for _ in 0..2 {
        let answer = api.post(&cancel, &json!({})).await;
        let cancelled = answer.json()["payload"]["delivery"].clone();
        assert_eq!((answer.status, &cancelled["status"]), (200, &json!("failed")), "{answer:?}");
        assert_eq!((&cancelled["reason"], &cancelled["next_attempt_at"]), (&json!("cancelled"), &Value::Null));
    }
    receiver.answers("/a", [Reply::Status(200)]);
    api.accepted(event("message_created")).await;
    let done = newest(&api, |one| one["status"] == "success").await;
    let answer = api.post(&format!("deliveries/{}/cancellation", id(&done)), &json!({})).await;
    assert_eq!((answer.status, &answer.json()["code"]), (409, &json!("delivery_ended")));
    assert_eq!(api.post("deliveries/dlv_0000000000001/cancellation", &json!({})).await.status, 404);
}

#[tokio::test]
async fn a_failed_test_and_a_crashing_delivery_have_reasons_of_their_own() {
    let (mut app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    receiver.answers("/a", [Reply::Status(500)]);
    api.webhook(&webhook(&receiver.at("/a"))).await;
    let tested = api.post("webhooks/1/test", &json!({})).await.json()["payload"]["delivery"].clone();
    assert_eq!((&tested["status"], &tested["reason"]), (&json!("failed"), &json!("test_failed")));
    api.accepted(event("message_created")).await;
    newest(&api, |one| one["state"] == "retrying").await;
    // The process ended during its sixth attempt.
    app.stop();
    app.run_sql(
        "UPDATE deliveries SET interruptions = 5, attempts = 6, lease = 1, leased_until = 1 WHERE status = 'pending'",
    );
    app.start_again();
    let crashed = newest(&app.api("admin"), |one| one["status"] == "failed").await;
    assert_eq!(crashed["reason"], "crashed");
    let page = app.admin().await.open(&format!("/deliveries/{}", id(&crashed))).await;
    assert!(page.says("stopped unexpectedly six times"), "{}", page.text("main"));
}
