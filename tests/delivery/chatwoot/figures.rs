//! On demand: figures of a connected Chatwoot. `benches/README.md` has the results.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::comparison::Connected;
use super::model::Model;

/// Events per second.
const RATE: u32 = 100;

/// Waits until the comparison has ended.
async fn ended(hachok: &Connected, limit: Duration) {
    let begun = Instant::now();
    while !hachok.admin.open(&hachok.page).await.text(".facts").contains("just now") {
        assert!(begun.elapsed() < limit, "{} requests", hachok.chatwoot.compared().len());
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Posts events for so long, regardless of how fast they are answered; returns the times of the answers. `run` makes the ids
/// of messages and deliveries unique.
async fn load(hachok: &Connected, run: u32, seconds: u32) -> Vec<Duration> {
    let (mut posts, mut clock) = (JoinSet::new(), tokio::time::interval(Duration::from_secs(1) / RATE));
    for number in 0..seconds * RATE {
        clock.tick().await;
        let id = run * 1_000_000 + number;
        let body = json!({"event": "message_created", "id": id, "message_type": "incoming", "content": "x".repeat(800),
            "inbox": {"id": 7}, "account": {"id": 3}, "conversation": {"id": 50_000 + number % 50, "status": "open"}});
        let post = hachok.client.post(&hachok.ingest).header("x-chatwoot-delivery", id).body(body.to_string());
        posts.spawn(async move {
            let begun = Instant::now();
            assert_eq!(post.send().await.expect("an answer").status(), 200);
            begun.elapsed()
        });
    }
    posts.join_all().await
}

fn percentile(times: &mut [Duration], percent: usize) -> Duration {
    times.sort_unstable();
    times[(times.len() * percent / 100).min(times.len() - 1)]
}

/// A conversation with new activity as the API lists it, and its one message, whose event was lost.
fn changed(id: i64, at: i64) -> (Value, Value) {
    let conversation = json!({"id": id, "inbox_id": 7, "status": "open", "labels": [], "meta": {}, "created_at": at - 9000,
        "last_activity_at": at + 10, "updated_at": at + 10, "custom_attributes": {}});
    let message = json!({"id": 100_000 + id, "content": "lost", "inbox_id": 7, "conversation_id": id, "message_type": 0,
        "private": false, "created_at": at + 10, "sender": {"id": 981, "type": "contact"}});
    (conversation, message)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "on demand: takes six minutes"]
async fn on_demand_figures_ingest_alone_and_during_a_comparison_of_1000_changed_conversations() {
    let hachok = Connected::new().await;
    hachok.first_comparison().await;
    let mut alone = load(&hachok, 1, 30).await;
    let at = Model::new().begin();
    for id in 1..=1000 {
        let (conversation, message) = changed(id, at);
        let mut desk = hachok.chatwoot.desk();
        desk.conversations.all.push(conversation);
        desk.conversations.messages.insert(id, vec![message]);
    }
    let before = hachok.chatwoot.compared().len();
    hachok.compare(at).await;
    let begun = Instant::now();
    let mut during = load(&hachok, 2, 60).await;
    let read = hachok.chatwoot.compared().len() - before;
    assert!(read > 200, "{read} requests: the comparison was not running");
    ended(&hachok, Duration::from_secs(300)).await;
    let (took, requests) = (begun.elapsed(), hachok.chatwoot.compared().len() - before);
    alone.extend(load(&hachok, 3, 30).await);
    let [p50, p99] = [50, 99].map(|percent| percentile(&mut alone, percent));
    let [during_p50, during_p99] = [50, 99].map(|percent| percentile(&mut during, percent));
    println!(
        "ingest at {RATE}/s alone: p50 {p50:.1?}, p99 {p99:.1?}; during a comparison: p50 {during_p50:.1?}, p99 {during_p99:.1?}"
    );
    println!("1,000 changed conversations: {requests} requests in {took:.0?}");
    let listed = hachok.admin.open(&hachok.page).await.text("main");
    assert!(listed.contains("And 800 more events"), "each lost message is found: {listed}");
    assert!(p99 <= Duration::from_millis(50), "{p99:?}");
    assert!(during_p99 <= (p99 * 6 / 5).max(p99 + Duration::from_millis(1)), "{during_p99:?}, alone {p99:?}");
}

#[tokio::test]
#[ignore = "on demand: takes 90 seconds"]
async fn on_demand_figures_ten_thousand_unchanged_conversations_take_at_most_500_requests() {
    let hachok = Connected::new().await;
    hachok.first_comparison().await;
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
    ended(&hachok, Duration::from_secs(240)).await;
    let requests = hachok.chatwoot.compared().len();
    assert!((400..=500).contains(&requests), "{requests} requests for pages of 25");
    println!("10,000 unchanged conversations: {requests} requests in {:?}", begun.elapsed());
}
