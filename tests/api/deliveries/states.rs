//! The states of deliveries that have not ended, in the API: what they wait for, and how many there are of each.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::ports::ClosedPort;
use crate::support::{Api, App, Receiver, Reply, event, eventually, webhook};

const HOUR: Duration = Duration::from_secs(3600);

/// The members of the only delivery that describe its state; `true` where the time is about an hour ahead.
async fn state_of(api: &Api) -> Value {
    let listed = api.deliveries("").await.remove(0);
    let one = api.delivery(listed["id"].as_str().expect("an id")).await;
    let mut members = json!({});
    for name in ["state", "held_because", "held_until", "waiting_because", "waiting_until"] {
        assert_eq!(one[name], listed[name], "{name} in {one}");
        members[name] = match name.ends_with("_until") && one[name].is_string() {
            true => {
                let at: jiff::Timestamp = one[name].as_str().and_then(|text| text.parse().ok()).expect("a time");
                let ahead = at.duration_since(jiff::Timestamp::now()).as_secs();
                json!((3_000..=3_600).contains(&ahead))
            }
            false => one[name].clone(),
        };
    }
    members
}

/// The delivery passes the filter of its own state and that of all that have not ended, and the statistics count it there.
async fn assert_found(api: &Api, state: &str) {
    for filter in ["pending", "queued", "retrying", "waiting", "held", "success", "failed"] {
        let found = api.deliveries(&format!("status={filter}")).await.len();
        assert_eq!(found, usize::from(filter == state || filter == "pending"), "{filter} while {state}");
    }
    let statistics = api.get("webhooks/1/statistics").await.json();
    let now = &statistics["payload"]["statistics"]["now"];
    for name in ["queued", "retrying", "waiting", "held"] {
        assert_eq!(now[name], u64::from(name == state), "{name} while {state}: {statistics}");
    }
}

#[tokio::test]
async fn a_pending_delivery_says_what_it_waits_for() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    receiver.answers("/a", [Reply::Status(500)]);
    api.webhook(&webhook(&receiver.at("/a"))).await;
    api.accepted(event("message_created")).await;
    eventually("a failed attempt", || async {
        api.deliveries("status=retrying").await.first().filter(|one| one["next_attempt_at"].is_string()).cloned()
    })
    .await;
    let null = Value::Null;
    let state = |state: &str, held: (Value, Value), waiting: (Value, Value)| {
        json!({ "state": state, "held_because": held.0, "held_until": held.1, "waiting_because": waiting.0,
            "waiting_until": waiting.1 })
    };
    let none = || (null.clone(), null.clone());
    assert_eq!(state_of(&api).await, state("retrying", none(), none()));
    assert_found(&api, "retrying").await;

    let in_an_hour = hachok::clock::now().after(HOUR).micros();
    app.run_sql(&format!("UPDATE webhooks SET paused_until = {in_an_hour}"));
    assert_eq!(state_of(&api).await, state("held", (json!("paused"), json!(true)), none()));
    assert_found(&api, "held").await;

    app.run_sql(&format!("UPDATE webhooks SET paused_until = NULL, probe_at = {in_an_hour}"));
    assert_eq!(state_of(&api).await, state("waiting", none(), (json!("failing"), json!(true))));
    assert_found(&api, "waiting").await;

    api.patch("webhooks/1", &json!({ "enabled": false })).await;
    assert_eq!(state_of(&api).await, state("held", (json!("off"), null.clone()), none()));
    assert_found(&api, "held").await;
}

#[tokio::test]
async fn statistics_have_each_hour_and_what_is_open() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("read");
    receiver.answers("/a", [Reply::Status(200), Reply::Status(500)]);
    app.api("admin").webhook(&webhook(&receiver.at("/a"))).await;
    app.api("ingest").accepted(event("message_created")).await;
    eventually("a success", || async { (api.deliveries("status=success").await.len() == 1).then_some(()) }).await;
    app.api("ingest").accepted(event("message_created")).await;
    eventually("a failed attempt", || async { (api.deliveries("cause=5xx").await.len() == 1).then_some(()) }).await;
    for (query, range, hours) in [("", "24h", 24), ("?range=24h", "24h", 24), ("?range=7d", "7d", 168)] {
        let answer = api.get(&format!("webhooks/1/statistics{query}")).await.json();
        let statistics = &answer["payload"]["statistics"];
        assert_eq!(statistics["range"], range);
        let all = statistics["hours"].as_array().expect("hours");
        assert_eq!(all.len(), hours, "{query}");
        let sum = |name: &str| all.iter().filter_map(|hour| hour[name].as_u64()).sum::<u64>();
        assert_eq!((sum("success"), sum("failed"), sum("failed_attempts")), (1, 0, 1), "{query}");
        assert!(all.windows(2).all(|pair| pair[0]["hour"].as_str() < pair[1]["hour"].as_str()), "oldest first");
        assert_eq!(statistics["now"], json!({ "queued": 0, "retrying": 1, "waiting": 0, "held": 0 }));
    }
    assert_eq!(api.get("webhooks/1/statistics?range=1y").await.status, 422);
    assert_eq!(api.get("webhooks/9/statistics").await.status, 404);
}

#[tokio::test]
async fn a_cause_finds_the_deliveries_whose_latest_attempt_failed_by_it() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    for (path, status) in [("/a", 302), ("/b", 404), ("/c", 503), ("/d", 200)] {
        receiver.answers(path, [Reply::Status(status)]);
        api.webhook(&webhook(&receiver.at(path))).await;
    }
    let closed = ClosedPort::new();
    api.webhook(&webhook(&closed.at("/refused"))).await;
    api.accepted(event("message_created")).await;
    eventually("all attempts", || async {
        let ended = api.deliveries("").await.into_iter().filter(|one| one["state"] != "queued").count();
        (ended == 5).then_some(())
    })
    .await;
    for (cause, webhooks) in
        [("3xx", vec![1]), ("4xx", vec![2]), ("5xx", vec![3]), ("refused", vec![5]), ("dns", vec![])]
    {
        let found = api.deliveries(&format!("cause={cause}")).await;
        let found: Vec<_> = found.iter().filter_map(|one| one["webhook_id"].as_i64()).collect();
        assert_eq!(found, webhooks, "{cause}");
    }
    assert_eq!(api.get("deliveries?cause=unknown").await.status, 422);
}

#[tokio::test]
async fn a_delivery_that_is_made_again_says_at_once_what_it_waits_for() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    api.webhook(&webhook(&receiver.at("/a"))).await;
    api.accepted(event("message_created")).await;
    let sent = eventually("a success", || async { api.deliveries("status=success").await.pop() }).await;
    let in_an_hour = hachok::clock::now().after(HOUR).micros();
    app.run_sql(&format!("UPDATE webhooks SET paused_until = {in_an_hour}"));
    let path = format!("deliveries/{}/redelivery", sent["id"].as_str().expect("an id"));
    let made = api.post(&path, &json!({})).await.json();
    let made = &made["payload"]["delivery"];
    assert_eq!((&made["state"], &made["held_because"]), (&json!("held"), &json!("paused")), "{made}");
}
