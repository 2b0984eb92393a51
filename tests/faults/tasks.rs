//! Background tasks that panic.

use super::rig::{FaultyReceiver, HelpDesk, Store, check, webhooks, with_short_leases};
use crate::support::{App, EMAIL, PASSWORD, Place, eventually};

/// The tasks, and the pass in which each panics. A pass of the worker takes up to 0.5 s, so it panics after the start.
const TASKS: [(&str, u32); 11] = [
    ("worker", 30),
    ("result-writer", 4),
    ("cleanup", 1),
    ("overload", 1),
    ("recoveries", 1),
    ("mass-changes", 1),
    ("chatwoot-arrivals", 1),
    ("chatwoot-comparisons", 1),
    ("chatwoot-visits", 1),
    ("write-watch", 1),
    ("connection-sweep", 1),
];

/// Places that panic with work in hand, and continue: while results are stored, and while SQLite commits jobs.
const IN_HAND: [(&str, u32); 2] = [("record", 3), ("sqlite-writer", 60)];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_task_that_panics_is_reported_and_started_again_and_nothing_is_lost() {
    let place = with_short_leases(Place::new());
    let mut tasks = TASKS.to_vec();
    if place.is_sqlite() {
        tasks.push(("file-watch", 1));
    }
    let points: Vec<String> = tasks.iter().chain(&IN_HAND).map(|(name, call)| format!("{name}:{call}")).collect();
    let app = App::at(place.set("HACHOK_FAULT_PANIC", &points.join(",")));
    let receiver = FaultyReceiver::start();
    let (english, ukrainian) = (app.admin().await, app.visitor().speaking("uk"));
    ukrainian.sign_in(EMAIL, PASSWORD).await;
    let paths = webhooks(&app.api("admin"), &receiver, 2).await;
    let (desk, mut store) = (HelpDesk::new(&app), Store::of(&app));
    for _ in 0..40 {
        desk.post().await;
    }
    eventually("the worker's name in /readyz", || async {
        let answer = english.get("/readyz").await;
        (answer.status == 503 && answer.body.contains("worker")).then_some(())
    })
    .await;
    for (visitor, words) in [
        (&english, "A background task ended because of an internal error"),
        (&ukrainian, "Фонове завдання завершилося"),
    ] {
        let page = visitor.open("/status").await;
        assert!(page.says(words) && page.text("#status").contains("worker"), "{}", page.text("#status"));
    }
    eventually("a ready server", || async { (english.get("/readyz").await.status == 200).then_some(()) }).await;
    for _ in 0..10 {
        desk.post().await;
    }
    desk.settle().await;
    let verdict = check(&desk, &receiver, &mut store, &paths).await;
    println!("every task panicked once: {verdict}");
    let log = app.log();
    for (name, _) in &tasks {
        let line = format!("a task ended unexpectedly and is started again task=\"{name}\"");
        assert_eq!(log.matches(&line).count(), 1, "{name}:\n{log}");
    }
    for (name, _) in IN_HAND.iter().filter(|(name, _)| *name != "sqlite-writer" || app.is_sqlite()) {
        assert!(log.contains(&format!("fault injection: {name}")), "{name} was not reached:\n{log}");
    }
}
