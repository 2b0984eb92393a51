use std::process::Command;
use std::time::{Duration, Instant};

use super::rig::{FaultyReceiver, HelpDesk, Posted, SmallDisk, Store, check, webhooks};
use crate::support::chatwoot::{Chatwoot, assert_not_stored, connect};
use crate::support::{App, Place, Visitor, eventually};

/// How long another process holds the lock on the file.
const LOCK_HELD: Duration = Duration::from_secs(8);
const PROGRESS_TIMEOUT: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_locked_by_another_process_for_eight_seconds_is_reported_and_survived() {
    let (app, receiver) = (App::on_sqlite(), FaultyReceiver::start());
    let paths = webhooks(&app.api("admin"), &receiver, 2).await;
    let (desk, admin, chatwoot) = (HelpDesk::new(&app), app.admin().await, Chatwoot::start());
    connect(&admin, &chatwoot).await;
    // What a page writes: that its notice was shown, and that the session was used.
    app.run_sql("UPDATE sessions SET expires_at = expires_at - 3600000000");
    let load = desk.load(10);
    desk.until_more(10, PROGRESS_TIMEOUT).await;
    let mut other = Store::of(&app);
    other.run("BEGIN EXCLUSIVE");
    let until = tokio::time::Instant::now() + LOCK_HELD;
    let refusal = desk.until_refused(LOCK_HELD).await;
    assert_not_stored(&chatwoot.emit(r#"{"event":"message_created","id":1}"#, None).await);
    pages_are_readable(&admin).await;
    tokio::time::sleep_until(until).await;
    other.run("COMMIT");
    assert_eq!(refusal, Posted::Refused(503, Some("5".into())));
    desk.until_more(20, PROGRESS_TIMEOUT).await;
    load.stop().await;
    only_accepted_or_refused(&desk);
    desk.settle().await;
    let verdict = check(&desk, &receiver, &mut other, &paths).await;
    println!("locked for {LOCK_HELD:?}: {verdict}");
}

/// The limit would end the process by a signal; a full disk sends none.
fn on_a_disk_with_a_limit() -> App {
    App::at(Place::on_sqlite().through(&["env", "--ignore-signal=XFSZ"]))
}

/// Below `4096` no write beyond the first page of a file succeeds.
fn limit(app: &App, size: &str) {
    let limited = Command::new("prlimit").args([format!("--pid={}", app.pid()), format!("--fsize={size}:")]).status();
    assert!(limited.expect("prlimit").success());
}

#[tokio::test]
async fn the_first_page_after_writes_stopped_is_shown_with_its_notice() {
    let app = on_a_disk_with_a_limit();
    let admin = app.admin().await;
    let saved = admin.submit(admin.open("/profile").await.form("#f-user-name").fill("f-user-name", "Anna")).await;
    let page = saved.leads_to();
    // No write has failed yet: this page is the first that cannot remove its notice.
    limit(&app, "4096");
    for _ in 0..2 {
        let shown = admin.open(&page).await;
        assert!(shown.says("The profile was saved"), "{}", shown.text("main"));
    }
    limit(&app, "unlimited");
    let gone = || async { (!admin.open(&page).await.says("The profile was saved")).then_some(()) };
    eventually("the notice was removed", gone).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_reported_and_survived() {
    let (app, receiver) = (on_a_disk_with_a_limit(), FaultyReceiver::start());
    let paths = webhooks(&app.api("admin"), &receiver, 2).await;
    let (desk, admin) = (HelpDesk::new(&app), app.admin().await);
    let load = desk.load(10);
    desk.until_more(10, PROGRESS_TIMEOUT).await;
    limit(&app, "4096");
    let refusal = desk.until_refused(PROGRESS_TIMEOUT).await;
    pages_are_readable(&admin).await;
    limit(&app, "unlimited");
    assert_eq!(refusal, Posted::Refused(503, Some("5".into())));
    desk.until_more(20, PROGRESS_TIMEOUT).await;
    load.stop().await;
    only_accepted_or_refused(&desk);
    desk.settle().await;
    let verdict = check(&desk, &receiver, &mut Store::of(&app), &paths).await;
    println!("no write possible for a while: {verdict}");
}

const MIB: u64 = 1024 * 1024;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the right to mount a file system: tests/run"]
async fn a_mounted_disk_that_is_nearly_full_refuses_events_until_there_is_room() {
    let disk = SmallDisk::mount(96);
    let (app, receiver) = (App::at(disk.place()), FaultyReceiver::start());
    let paths = webhooks(&app.api("admin"), &receiver, 2).await;
    let (desk, admin) = (HelpDesk::new(&app), app.admin().await);
    let load = desk.load(10);
    desk.until_more(10, PROGRESS_TIMEOUT).await;
    disk.fill_up_to(48 * MIB);
    let refusal = desk.until_refused(PROGRESS_TIMEOUT).await;
    assert_eq!(refusal, Posted::Refused(503, Some("5".into())));
    pages_are_readable(&admin).await;
    disk.make_room();
    desk.until_more(20, PROGRESS_TIMEOUT).await;
    load.stop().await;
    only_accepted_or_refused(&desk);
    desk.settle().await;
    let verdict = check(&desk, &receiver, &mut Store::of(&app), &paths).await;
    assert_eq!(verdict.duplicates, 0);
    println!("48 MiB left for a while: {verdict}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the right to mount a file system: tests/run"]
async fn a_mounted_disk_that_is_full_to_the_last_byte_loses_nothing() {
    let disk = SmallDisk::mount(96);
    let (app, receiver) = (App::at(disk.place()), FaultyReceiver::start());
    let paths = webhooks(&app.api("admin"), &receiver, 2).await;
    let (desk, admin) = (HelpDesk::new(&app), app.admin().await);
    let load = desk.load(100);
    desk.until_more(100, PROGRESS_TIMEOUT).await;
    // At once: commits meet the full disk before ingest is refused, and results cannot be stored for longer.
    disk.fill_up_to(0);
    desk.until_refused(PROGRESS_TIMEOUT).await;
    pages_are_readable(&admin).await;
    let visitor = app.visitor();
    eventually("not ready", || async { (visitor.get("/readyz").await.status == 503).then_some(()) }).await;
    disk.make_room();
    desk.until_more(100, PROGRESS_TIMEOUT).await;
    eventually("ready", || async { (visitor.get("/readyz").await.status == 200).then_some(()) }).await;
    load.stop().await;
    only_accepted_or_refused(&desk);
    desk.settle().await;
    let full = app.log().matches("database or disk is full").count();
    assert!(full > 0, "no commit met the full disk");
    let verdict = check(&desk, &receiver, &mut Store::of(&app), &paths).await;
    println!("no byte free for a while, logged {full} times: {verdict}");
}

async fn pages_are_readable(visitor: &Visitor) {
    for path in ["/webhooks", "/deliveries", "/webhooks/1"] {
        let begun = Instant::now();
        visitor.open(path).await;
        assert!(begun.elapsed() < Duration::from_secs(2), "{path} took {:?}", begun.elapsed());
    }
}

fn only_accepted_or_refused(desk: &HelpDesk) {
    for posted in desk.answers() {
        assert!(matches!(posted, Posted::Accepted(_) | Posted::Refused(503, Some(_))), "{posted:?}");
    }
}
