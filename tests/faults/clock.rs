//! A wall clock that is set while the server runs, in either direction: on Postgres that of the database server too, by which
//! deliveries are due there.

use std::fs;
use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::rig::Store;
use crate::support::{Api, App, Place, Receiver, Reply, event, eventually, webhook};

pub(super) const HOUR: i64 = 3600;
pub(super) const DAY: i64 = 24 * HOUR;

/// The wall clock of one server.
pub(super) struct Wall {
    _folder: TempDir,
    pub(super) file: PathBuf,
}

impl Wall {
    /// A clock that differs from that of the machine by so many seconds.
    pub(super) fn at(seconds: i64) -> Self {
        let folder = TempDir::new().expect("a folder");
        let wall = Self { file: folder.path().join("offset"), _folder: folder };
        wall.set(seconds);
        wall
    }

    pub(super) fn set(&self, seconds: i64) {
        // Not a partly written number.
        let new = self.file.with_extension("new");
        fs::write(&new, (seconds * 1_000_000).to_string()).and_then(|()| fs::rename(&new, &self.file)).expect("a file");
    }

    /// A server with this clock, which its database server has too. The waits of its schedule are half as long.
    fn serve(&self) -> App {
        App::at(self.set_in(Place::new()))
    }

    pub(super) fn set_in(&self, place: Place) -> Place {
        let file = self.file.to_string_lossy();
        let place = place.set("HACHOK_FAULT_CLOCK", &file).set("HACHOK_FAULT_SERVER_CLOCK", &file);
        place.set("HACHOK_TIME_SCALE", "2")
    }
}

/// How often the stored times were shifted by this server.
pub(super) fn shifts(app: &App) -> usize {
    app.log().matches("jumped: due times are shifted").count()
}

/// Waits until the stored times were shifted for the `times`th time.
async fn has_followed(app: &App, times: usize) {
    eventually("a shift", || async { (shifts(app) >= times).then_some(()) }).await;
}

/// The only delivery of a webhook, with its attempts.
pub(super) async fn delivery_of(api: &Api, webhook: &Value) -> Value {
    let listed = api.deliveries(&format!("webhook={}", webhook["id"])).await;
    assert_eq!(listed.len(), 1, "{listed:?}");
    api.delivery(listed[0]["id"].as_str().expect("an id")).await
}

pub(super) fn refusal(status: u16) -> Reply {
    Reply::Full(status, vec![("retry-after", (HOUR).to_string())], Vec::new())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_called_early_by_a_clock_that_is_set_forward() {
    for jump in [2 * HOUR, 30 * DAY, 3652 * DAY] {
        let (wall, receiver) = (Wall::at(0), Receiver::start());
        let app = wall.serve();
        let api = app.api("admin");
        receiver.answers("/later", [refusal(503)]);
        receiver.answers("/paused", [refusal(429)]);
        let later = api.webhook(&webhook(&receiver.at("/later"))).await;
        api.webhook(&webhook(&receiver.at("/paused"))).await;
        api.webhook(&json!({ "url": receiver.at("/other"), "subscriptions": ["conversation_created"] })).await;
        api.accepted(event("message_created")).await;
        eventually("both answers", || async {
            let pending = api.deliveries("status=pending").await;
            (pending.len() == 2 && pending.iter().all(|one| one["next_attempt_at"].is_string())).then_some(())
        })
        .await;
        wall.set(jump);
        has_followed(&app, 1).await;
        // The worker claims for the other webhook, and again when the second event comes.
        for count in 1..=2 {
            api.accepted(event("conversation_created")).await;
            receiver.await_requests("/other", count).await;
        }
        assert_eq!((receiver.seen("/later").len(), receiver.seen("/paused").len()), (1, 1), "{jump} s");
        let due: Timestamp =
            delivery_of(&api, &later).await["next_attempt_at"].as_str().unwrap_or_default().parse().expect("a time");
        let wait = due.duration_since(Timestamp::now() + SignedDuration::from_secs(jump)).as_secs();
        assert!((HOUR - 60..HOUR * 11 / 10 + 60).contains(&wait), "{wait} s after a jump of {jump} s");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_waits_for_the_length_of_a_jump_and_nothing_expires_by_it() {
    // The last one is before 2020, so the server keeps its own time.
    for jump in [2 * HOUR, 3652 * DAY, -2 * HOUR, -300 * DAY, -3652 * DAY] {
        let (wall, receiver) = (Wall::at(0), Receiver::start());
        let app = wall.serve();
        let api = app.api("admin");
        receiver.answers("/a", [Reply::Status(503), Reply::Status(200)]);
        receiver.answers("/b", [Reply::Status(503), Reply::Status(200)]);
        let before = api.webhook(&webhook(&receiver.at("/a"))).await;
        let after = api.webhook(&json!({ "url": receiver.at("/b"), "subscriptions": ["conversation_created"] })).await;
        api.accepted(event("message_created")).await;
        receiver.first("/a").await;
        // While the first delivery waits for its retry, or its result is being stored.
        wall.set(jump);
        api.accepted(event("conversation_created")).await;
        for webhook in [before, after] {
            let delivery = eventually("a success", || async {
                let delivery = delivery_of(&api, &webhook).await;
                (delivery["status"] != "pending").then_some(delivery)
            })
            .await;
            assert_eq!(
                (&delivery["status"], delivery["attempts"].as_array().map(Vec::len)),
                (&json!("success"), Some(2)),
                "{jump} s: {delivery}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_from_a_clock_that_was_days_behind_does_not_expire_when_it_is_put_right() {
    let (wall, receiver) = (Wall::at(-10 * DAY), Receiver::start());
    let app = wall.serve();
    let api = app.api("admin");
    receiver.answers("/a", [Reply::Status(503), Reply::Status(200)]);
    let webhook = api.webhook(&webhook(&receiver.at("/a"))).await;
    api.accepted(event("message_created")).await;
    receiver.first("/a").await;
    wall.set(0);
    has_followed(&app, 1).await;
    receiver.await_requests("/a", 2).await;
    eventually("a success", || async { (delivery_of(&api, &webhook).await["status"] == "success").then_some(()) })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ids_and_statistics_leave_the_future_with_the_clock() {
    let (wall, receiver) = (Wall::at(0), Receiver::start());
    let app = wall.serve();
    let api = app.api("admin");
    api.webhook(&webhook(&receiver.at("/a"))).await;
    for (times, seconds) in [(1, 30 * DAY), (2, 0)] {
        wall.set(seconds);
        has_followed(&app, times).await;
        api.accepted(event("message_created")).await;
        receiver.await_requests("/a", times).await;
        eventually("a success", || async { (api.deliveries("status=success").await.len() == times).then_some(()) })
            .await;
    }
    let minutes = |count: i64| Timestamp::now() + SignedDuration::from_mins(count);
    let recent = api.deliveries(&format!("from={}&to={}", minutes(-10), minutes(10))).await;
    assert_eq!(recent.len(), 1, "{recent:?}");
    let mut store = Store::of(&app);
    let hour = Timestamp::now().as_second() / HOUR;
    assert_eq!(store.count(&format!("webhook_hours WHERE hour > {hour}")), 0);
    assert_eq!(
        store
            .count("(SELECT SUM(delivered) AS sum FROM webhook_hours WHERE webhook_id = 0) AS all_hours WHERE sum = 2"),
        1
    );
}
