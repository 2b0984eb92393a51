//! Events that a Chatwoot has sent and that did not arrive are found by comparing, and taken in.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::model::{Model, Sent};
use crate::support::chatwoot::{Chatwoot, connect};
use crate::support::{App, Receiver, Reply, Visitor, eventually, http, webhook};

/// Hachok with a connected Chatwoot.
pub(super) struct Connected {
    pub(super) app: App,
    pub(super) admin: Visitor,
    pub(super) chatwoot: Chatwoot,
    pub(super) target: Receiver,
    pub(super) page: String,
    /// One client: a new one for each of 1,000 events takes two minutes.
    pub(super) client: reqwest::Client,
    pub(super) ingest: String,
}

impl Connected {
    pub(super) async fn new() -> Self {
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

    /// Waits for the end of the comparison that begins with the connection: it would overwrite what [`Self::compare`] sets.
    pub(super) async fn first_comparison(&self) {
        eventually("the first comparison", || async {
            self.admin.open(&self.page).await.text(".facts").contains("just now").then_some(())
        })
        .await;
    }

    /// Compares everything from that second on, and waits until nothing runs.
    pub(super) async fn compare(&self, from: i64) {
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
    hachok.first_comparison().await;
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
    let (begun, before) = (Instant::now(), hachok.chatwoot.compared().len());
    hachok.compare(begin).await;
    let found = hachok.missing().await;
    let expected = expected(&model, &arrived, &lost);
    assert!(expected.len() > 100, "{expected:?}");
    assert_eq!(found, expected);
    let requests = u32::try_from(hachok.chatwoot.compared().len() - before).expect("a number");
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

#[tokio::test]
async fn comparing_now_does_not_shorten_the_wait_that_chatwoot_asked_for() {
    let hachok = Connected::new().await;
    // The first comparison begins by itself.
    hachok.missing().await;
    hachok.chatwoot.desk().limits = vec![Reply::Full(429, vec![("retry-after", "600".to_owned())], Vec::new())];
    let form = hachok.admin.open(&hachok.page).await.form("form[action$='/comparison']");
    hachok.admin.submit(form).await.leads_to();
    let limited = eventually("the answer 429", || async {
        let page = hachok.admin.open(&hachok.page).await;
        page.says("429").then_some(page)
    });
    let limited = limited.await;
    let asked = hachok.chatwoot.compared().len();
    let form = limited.form("form[action$='/comparison']");
    hachok.admin.submit(form).await.leads_to();
    let after = hachok.admin.open(&hachok.page).await;
    assert!(after.says("429"), "{}", after.text("main"));
    // The task looks every 2 s.
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert_eq!(hachok.chatwoot.compared().len(), asked);
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
