//! Events that a Chatwoot has sent and that did not arrive are found by comparing, and taken in.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::model::{Model, Sent};
use crate::support::chatwoot::{Chatwoot, connect};
use crate::support::{App, Receiver, Reply, Visitor, eventually, http, webhook};

/// Hachok with a connected Chatwoot.
struct Connected {
    app: App,
    admin: Visitor,
    chatwoot: Chatwoot,
    target: Receiver,
    page: String,
    /// One client: a new one for each of 1,000 events takes two minutes.
    client: reqwest::Client,
    ingest: String,
}

impl Connected {
    async fn new() -> Self {
        let (app, chatwoot, target) = (App::start(), Chatwoot::start(), Receiver::start());
        let mut hook = webhook(&target.at("/in"));
        hook["subscriptions"] =
            json!(["conversation_created", "conversation_updated", "message_created", "assignee_changed"]);
        app.api("admin").webhook(&hook).await;
        let admin = app.admin().await;
        // Without a secret, as before 4.11.2.
        chatwoot.desk().signs = false;
        let page = format!("{}/missing", connect(&admin, &chatwoot).await);
        let ingest = chatwoot.webhook().url;
        Self { app, admin, chatwoot, target, page, client: http(), ingest }
    }

    async fn post(&self, body: &Value) {
        let answer = self.client.post(&self.ingest).body(body.to_string()).send().await.expect("an answer");
        assert_eq!(answer.status(), 200);
    }

    /// Compares everything from that second on, and waits until nothing runs.
    async fn compare(&self, from: i64) {
        let form = eventually("a comparison", || async {
            self.admin.open(&self.page).await.find_form("form[action$='/comparison']")
        });
        let form = form.await;
        self.app.run_sql(&format!(
            "UPDATE chatwoot_comparisons SET compared_to = {from}, ended_at = NULL, began = NULL, problem = NULL"
        ));
        self.admin.submit(form).await.leads_to();
    }

    /// Waits for the end of the comparison; returns what is missing.
    async fn missing(&self) -> BTreeSet<String> {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(90) {
            let page = self.admin.open(&self.page).await;
            if page.text(".facts").contains("just now") {
                let found: BTreeSet<String> = listed(&page.body).collect();
                assert_eq!(found.len(), page.texts("tbody tr").len(), "each is listed once");
                return found;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the comparison did not end")
    }
}

/// The values of the fields that name a missing event.
fn listed(html: &str) -> impl Iterator<Item = String> {
    let values = html.split("name=\"item\" value=\"").skip(1).filter_map(|rest| rest.split('"').next());
    values.filter(|value| *value != "all").map(str::to_owned)
}

/// What a comparison has to name: lost new conversations and messages, and each conversation whose last state differs from
/// the last one that arrived.
fn expected(model: &Model, arrived: &BTreeMap<i64, Value>, lost: &[Sent]) -> BTreeSet<String> {
    let is_lost = |number: i64| lost.iter().any(|sent| sent.item == format!("conversation:{number}"));
    let is_seen = |sent: &&Sent| {
        let differs = arrived.get(&sent.conversation).is_some_and(|last| *last != model.state(sent.conversation));
        !sent.item.starts_with("state:") || differs && !is_lost(sent.conversation)
    };
    lost.iter().filter(is_seen).map(|sent| sent.item.clone()).collect()
}

#[tokio::test]
async fn every_lost_event_that_the_state_shows_is_found_and_taken_in() {
    let hachok = Connected::new().await;
    let mut model = Model::new();
    let begin = model.begin();
    let (mut arrived, mut lost, mut bodies) = (BTreeMap::new(), Vec::new(), Vec::new());
    for _ in 0..1000 {
        let sent = model.next(24);
        // An event in five is lost; of the others some come twice.
        if model.happens(5) {
            lost.push(sent);
            continue;
        }
        if let Some(state) = &sent.state {
            arrived.insert(sent.conversation, state.clone());
        }
        bodies.extend(std::iter::repeat_n(sent.body, if model.happens(20) { 2 } else { 1 }));
    }
    // Chatwoot sends from several jobs, so events arrive in any order.
    for together in bodies.chunks(10) {
        futures_util::future::join_all(together.iter().map(|body| hachok.post(body))).await;
    }
    // Chatwoot limits the first request.
    hachok.chatwoot.desk().conversations = model.shown_to_api();
    hachok.chatwoot.desk().limits = vec![Reply::Full(429, vec![("retry-after", "2".to_owned())], Vec::new())];
    let begun = Instant::now();
    hachok.compare(begin).await;
    let found = hachok.missing().await;
    let expected = expected(&model, &arrived, &lost);
    assert!(expected.len() > 100, "{expected:?}");
    assert_eq!(found, expected);
    let requests = u32::try_from(hachok.chatwoot.compared().len()).expect("a number");
    let shortest = Duration::from_secs(2) + Duration::from_millis(200) * (requests - 2);
    assert!(begun.elapsed() >= shortest, "{requests} requests in {:?}, of which 2 s are Chatwoot's", begun.elapsed());
    let menu = hachok.admin.open("/webhooks").await.text("nav [href='/chatwoot']");
    assert!(menu.contains(&expected.len().to_string()), "{menu}");

    let form = hachok.admin.open(&hachok.page).await.form(".foot form").set("action", "take_in");
    hachok.admin.submit(form).await.leads_to();
    eventually("an empty list", || async {
        hachok.admin.open(&hachok.page).await.says("Nothing is missing").then_some(())
    })
    .await;
    let reconciled = eventually("the deliveries of what was taken in", || async {
        let seen = hachok.target.seen("/in").into_iter().filter(|request| request.json()["reconciled"] == true);
        let taken = seen.filter(|request| request.header("x-hachok-event") != "assignee_changed").count();
        (taken >= expected.len()).then_some(taken)
    });
    assert_eq!(reconciled.await, expected.len());
    hachok.compare(begin).await;
    assert_eq!(hachok.missing().await, BTreeSet::new(), "nothing is found twice");
}

/// Chatwoot #9277: the status changes with an automatic assignment, and only the assignment is reported.
#[tokio::test]
async fn a_lost_change_of_the_status_is_derived_ten_seconds_later() {
    let hachok = Connected::new().await;
    let mut hook = webhook(&hachok.target.at("/status"));
    hook["subscriptions"] = json!(["conversation_status_changed"]);
    hachok.app.api("admin").webhook(&hook).await;
    let body = |event: &str, second: i64, status: &str, assignee: Value| {
        json!({"event": event, "id": 7, "inbox_id": 7, "account": {"id": 3}, "status": status, "labels": [],
            "meta": {"assignee": assignee, "assignee_type": "User"}, "updated_at": second, "last_activity_at": second,
            "changed_attributes": [{"assignee_id": {}}]})
    };
    hachok.post(&body("conversation_created", 100, "pending", Value::Null)).await;
    let opened = body("conversation_updated", 101, "open", json!({"id": 3}));
    hachok.post(&opened).await;
    let derived = hachok.target.first("/status").await;
    assert_eq!(derived.header("x-hachok-event"), "conversation_status_changed");
    assert_eq!(derived.json()["status"], "open");
    let events = hachok.app.api("admin").deliveries("event=conversation_status_changed").await;
    assert_eq!(events.len(), 1, "{events:?}");
}

#[tokio::test]
#[ignore = "on demand: takes 90 seconds"]
async fn on_demand_ten_thousand_unchanged_conversations_take_at_most_500_requests() {
    let hachok = Connected::new().await;
    let at = Model::new().begin();
    let one = |id: i64| {
        json!({"id": id, "inbox_id": 7, "status": "open", "labels": [], "meta": {}, "created_at": at - 9000,
            "last_activity_at": at + 10, "updated_at": at + 10, "custom_attributes": {}})
    };
    hachok.chatwoot.desk().conversations.all = (1..=10_000).map(one).collect();
    let connection = hachok.page.split('/').nth(2).expect("a connection").to_owned();
    hachok.app.run_sql(&format!(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) \
         INSERT INTO chatwoot_conversations (connection_id, conversation_id, status, updated_at, compared_activity) \
         SELECT {connection}, i, 'open', {}, {} FROM n",
        (at + 10) * 1_000_000,
        at + 10
    ));
    hachok.compare(at).await;
    let begun = Instant::now();
    while !hachok.admin.open(&hachok.page).await.text(".facts").contains("just now") {
        assert!(begun.elapsed() < Duration::from_secs(240), "{} requests", hachok.chatwoot.compared().len());
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let requests = hachok.chatwoot.compared().len();
    assert!(requests <= 500, "{requests} requests");
    println!("10,000 unchanged conversations: {requests} requests in {:?}", begun.elapsed());
}
