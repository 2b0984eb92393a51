//! Recoveries: what they select, and what they answer.

use serde_json::{Value, json};

use crate::support::{Answer, Api, App, Receiver, Reply, event_in, eventually, webhook};

const SINCE: &str = "2026-01-01T00:00:00Z";

/// A webhook with events that were accepted in the inboxes 1, 2, …: all have ended as `status` says, one hour after the other
/// from 2027-01-01T10:00:00Z on.
async fn ended(app: &App, receiver: &Receiver, count: u32, status: &str) -> Api {
    let api = app.api("admin");
    let made = api.webhook(&webhook(&receiver.at("/a"))).await;
    for inbox in 1..=count {
        api.accepted(event_in("message_created", inbox)).await;
    }
    let wanted = usize::try_from(count).expect("a count");
    eventually("the deliveries", || async {
        let done = api.deliveries("status=success&limit=100").await;
        (done.iter().filter(|one| one["webhook_id"] == made["id"]).count() == wanted).then_some(())
    })
    .await;
    let reason = if status == "failed" { "'exhausted'" } else { "NULL" };
    app.run_sql(&format!(
        "UPDATE deliveries SET status = '{status}', reason = {reason}, finished_at = 1798797600000000 + 3600000000 * inbox_id \
         - 3600000000"
    ));
    api
}

async fn start(api: &Api, body: Value) -> Answer {
    api.post("webhooks/1/recoveries", &body).await
}

fn recovery(answer: &Answer) -> Value {
    answer.json()["payload"]["recovery"].clone()
}

/// The recovery once it has ended and all that it made was delivered.
async fn done(api: &Api, id: &Value) -> Value {
    eventually("the end of the recovery", || async {
        let found = recovery(&api.get(&format!("recoveries/{id}")).await);
        (found["status"] == "done" && found["success"] == found["sent"]).then_some(found)
    })
    .await
}

#[tokio::test]
async fn a_recovery_sends_what_failed_once_and_skips_it_the_next_time() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = ended(&app, &receiver, 3, "failed").await;
    let answer = start(&api, json!({ "since": SINCE })).await;
    let begun = recovery(&answer);
    assert_eq!((answer.status, answer.header("location")), (202, "/api/v1/accounts/1/recoveries/1"), "{answer:?}");
    let members =
        ["id", "webhook_id", "status", "count", "sent", "skipped", "waiting_because", "created_at", "finished_at"];
    assert!(members.iter().all(|name| begun.get(name).is_some()), "{begun}");
    assert_eq!((&begun["status"], &begun["count"], &begun["skipped"]), (&json!("running"), &json!(3), &json!(0)));
    let ended = done(&api, &begun["id"]).await;
    assert_eq!((&ended["count"], &ended["sent"], &ended["failed"]), (&json!(3), &json!(3), &json!(0)));
    assert!(ended["finished_at"].is_string(), "{ended}");
    let made = api.deliveries("trigger=recovery").await;
    let failed = api.deliveries("status=failed").await;
    assert_eq!((made.len(), failed.len()), (3, 3));
    for one in &made {
        let old = failed.iter().find(|old| old["id"] == one["resend_of"]).expect("what it sends again");
        assert_eq!((&old["resent_as"], &one["recovery_id"]), (&one["id"], &begun["id"]));
    }
    // The same script on the next day: all were sent again, so there is nothing to do.
    let answer = start(&api, json!({ "since": SINCE })).await;
    let second = recovery(&answer);
    assert_eq!((answer.status, &second["status"], &second["id"]), (200, &json!("done"), &json!(2)), "{answer:?}");
    assert_eq!((&second["count"], &second["skipped"], &second["sent"]), (&json!(0), &json!(3), &json!(0)));
    assert!(second["finished_at"].is_string() && second["waiting_because"].is_null(), "{second}");
    // What failed again is sent again; what it came from is not.
    app.run_sql("UPDATE deliveries SET status = 'failed', reason = 'exhausted' WHERE recovery_id = 1");
    let third = recovery(&start(&api, json!({ "since": SINCE })).await);
    assert_eq!((&third["count"], &third["skipped"]), (&json!(3), &json!(3)));
    done(&api, &third["id"]).await;
    let again = recovery(&start(&api, json!({ "since": SINCE, "again": true })).await);
    assert_eq!((&again["count"], &again["skipped"]), (&json!(6), &json!(0)), "with those that were sent again");
    done(&api, &again["id"]).await;
    assert_eq!(receiver.seen("/a").len(), 3 + 3 + 3 + 6);
}

#[tokio::test]
async fn a_recovery_is_bounded_exactly() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = ended(&app, &receiver, 4, "failed").await;
    app.run_sql("UPDATE webhooks SET paused_until = 4000000000000000");
    let created = api.deliveries("").await[1]["created_at"].clone();
    for (body, count) in [
        (json!({ "since": SINCE, "until": "2026-01-02" }), 0),
        (json!({ "since": SINCE, "until": created }), 2),
        (json!({ "since": created }), 2),
        (json!({ "finished_from": "2027-01-01T11:00:00Z" }), 3),
        (json!({ "finished_from": "2027-01-01T11:00:00Z", "finished_to": "2027-01-01T13:00:00Z" }), 2),
        (
            json!({ "finished_from": "2027-01-01", "finished_to": "2027-01-01", "event": "message_created,team_changed" }),
            4,
        ),
        (json!({ "since": SINCE, "finished_to": "2027-01-01T10:00:00Z" }), 0),
        (json!({ "since": SINCE, "event": "team_changed" }), 0),
        (json!({ "since": SINCE, "cause": "5xx" }), 0),
        (json!({ "since": SINCE, "status": "success" }), 0),
    ] {
        let mut body = body;
        // Those of the cancelled ones before are pending, and do not count.
        body["again"] = json!(true);
        let answer = start(&api, body.clone()).await;
        let begun = recovery(&answer);
        assert_eq!(begun["count"], count, "{body}: {answer:?}");
        api.delete(&format!("recoveries/{}", begun["id"])).await;
    }
}

#[tokio::test]
async fn a_recovery_selects_by_cause_and_repeats_successes() {
    let (app, receiver) = (App::start(), Receiver::start());
    receiver.answers("/a", [Reply::Status(200), Reply::Status(200), Reply::Status(200)]);
    let api = ended(&app, &receiver, 3, "failed").await;
    app.run_sql(
        "UPDATE attempts SET outcome = 'failed', cause = 'http_status', status = 503 \
         WHERE delivery_id = (SELECT MIN(id) FROM deliveries)",
    );
    let of_cause = recovery(&start(&api, json!({ "since": SINCE, "cause": "5xx,timeout" })).await);
    assert_eq!((&of_cause["count"], &of_cause["skipped"]), (&json!(1), &json!(0)), "{of_cause}");
    done(&api, &of_cause["id"]).await;
    let successes = recovery(&start(&api, json!({ "since": SINCE, "status": "success" })).await);
    assert_eq!(successes["count"], 1, "{successes}");
    done(&api, &successes["id"]).await;
    assert_eq!(receiver.seen("/a").len(), 5);
}

#[tokio::test]
async fn one_recovery_of_a_webhook_runs_at_a_time() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = ended(&app, &receiver, 60, "failed").await;
    let wanted = json!({ "since": SINCE });
    let (first, second) = tokio::join!(start(&api, wanted.clone()), start(&api, wanted.clone()));
    let (begun, refused) = if first.status == 202 { (first, second) } else { (second, first) };
    assert_eq!((begun.status, refused.status), (202, 409), "{refused:?}");
    assert_eq!((&refused.json()["code"], &refused.json()["recovery_id"]), (&json!("recovery_running"), &json!(1)));
    // Another webhook has its own.
    api.webhook(&webhook(&receiver.at("/b"))).await;
    assert_eq!(api.post("webhooks/2/recoveries", &wanted).await.status, 200);
    done(&api, &json!(1)).await;
    assert_eq!(receiver.seen("/a").len(), 120, "each once");
    assert_eq!(start(&api, wanted).await.status, 200);

    let list = async |query: &str| {
        let page = api.get(&format!("recoveries?{query}")).await.json();
        let ids = page["payload"].as_array().into_iter().flatten().map(|one| one["id"].clone()).collect::<Vec<_>>();
        (ids, page["next_cursor"].clone())
    };
    assert_eq!(list("").await, (vec![json!(3), json!(2), json!(1)], Value::Null));
    assert_eq!(list("webhook=2").await, (vec![json!(2)], Value::Null));
    let (ids, next) = list("webhook_id=1&limit=1").await;
    assert_eq!(ids, [json!(3)]);
    let next = next.as_str().expect("a cursor").to_owned();
    assert_eq!(list(&format!("webhook_id=1&limit=1&cursor={next}")).await.0, [json!(1)]);
    for query in ["cursor=x", "limit=0", "webhook=a"] {
        assert_eq!(api.get(&format!("recoveries?{query}")).await.status, 422, "{query}");
    }
}

#[tokio::test]
async fn a_recovery_that_is_not_understood_is_refused() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    api.webhook(&webhook(&receiver.at("/a"))).await;
    for (body, field) in [
        (json!({}), "since"),
        (json!({ "since": "yesterday" }), "since"),
        (json!({ "since": 5 }), "since"),
        (json!({ "since": SINCE, "until": "2025-01-01" }), "until"),
        (json!({ "finished_from": "2026-01-02", "finished_to": "2026-01-01T00:00:00Z" }), "finished_to"),
        (json!({ "since": SINCE, "event": "message_exploded" }), "event"),
        (json!({ "since": SINCE, "cause": "6xx" }), "cause"),
        (json!({ "since": SINCE, "status": "pending" }), "status"),
        (json!({ "since": SINCE, "status": "success", "cause": "5xx" }), "cause"),
        (json!({ "since": SINCE, "again": "yes" }), "again"),
        (json!({ "since": SINCE, "inbox": 1 }), "inbox"),
    ] {
        let answer = start(&api, body.clone()).await;
        assert_eq!((answer.status, &answer.json()["attributes"]), (422, &json!([field])), "{body}: {answer:?}");
    }
    assert_eq!(api.post("webhooks/9/recoveries", &json!({ "since": SINCE })).await.status, 404);
    api.patch("webhooks/1", &json!({ "enabled": false })).await;
    let answer = start(&api, json!({ "since": SINCE })).await;
    assert_eq!((answer.status, &answer.json()["code"]), (409, &json!("webhook_off")));
    assert_eq!(api.get("recoveries").await.json()["payload"], json!([]));
}

/// More successes than may be searched: the time must be shorter.
#[tokio::test]
async fn a_recovery_of_successes_reads_a_bounded_number_of_deliveries() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = ended(&app, &receiver, 1, "success").await;
    app.run_sql(
        "INSERT INTO deliveries (id, event_id, event, webhook_id, status, origin, attempts, steps, created_at) \
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000) \
         SELECT (SELECT MAX(id) FROM deliveries) - i * 4096, (SELECT MAX(id) FROM events), 'message_created', 1, \
         'success', 'event', 1, 1, 0 FROM n",
    );
    let answer = start(&api, json!({ "since": SINCE, "status": "success" })).await;
    assert_eq!((answer.status, &answer.json()["code"]), (422, &json!("too_many")), "{answer:?}");
    assert_eq!(recovery(&start(&api, json!({ "since": SINCE })).await)["count"], 0, "an index leads to what failed");
}
