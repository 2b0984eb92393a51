use std::time::{Duration, Instant};

use serde_json::json;

use super::rig::{Cluster, FaultyReceiver, HelpDesk, Posted, Store, check, status, webhooks};
use crate::support::chatwoot::{Chatwoot, assert_not_stored, connect};
use crate::support::ports::ClosedPort;
use crate::support::{App, Place, event, eventually};

const PROGRESS_TIMEOUT: Duration = Duration::from_secs(30);
/// Limit of an answer while the database does not respond.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// libpq itself prints this, when the server is stopped after it has accepted a connection and before diesel has
/// replaced libpq's notice processor.
const LIBPQ_NOTICE: &str = "WARNING:  terminating connection due to immediate shutdown command";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Postgres: tests/run"]
async fn on_postgres_a_database_that_is_cut_off_under_load_is_reported_and_survived() {
    let cluster = Cluster::start();
    let (app, receiver) = (App::at(Place::on(&cluster.url())), FaultyReceiver::start());
    let paths = webhooks(&app.api("admin"), &receiver, 2).await;
    let desk = HelpDesk::new(&app);
    let load = desk.load(20);
    let mut slowest = Duration::ZERO;
    for _ in 0..3 {
        desk.until_more(40, PROGRESS_TIMEOUT).await;
        cluster.end_at_once();
        let refusal = desk.until_refused(PROGRESS_TIMEOUT).await;
        assert_eq!(refusal, Posted::Refused(503, Some("5".into())));
        assert_eq!(app.visitor().get("/healthz").await.status, 200);
        assert_eq!(app.visitor().get("/readyz").await.status, 503);
        cluster.begin();
        let back = Instant::now();
        desk.until_more(1, PROGRESS_TIMEOUT).await;
        slowest = slowest.max(back.elapsed());
    }
    assert!(slowest < Duration::from_secs(10), "{slowest:?}");
    load.stop().await;
    for posted in desk.answers() {
        assert!(matches!(posted, Posted::Accepted(_) | Posted::Refused(503, Some(_))), "{posted:?}");
    }
    desk.settle().await;
    let verdict = check(&desk, &receiver, &mut Store::of(&app), &paths).await;
    let log = app.log();
    assert!(log.matches("no connection to the database can be made").count() <= 3, "a line a cut: {log}");
    for line in log.lines().filter(|line| *line != LIBPQ_NOTICE) {
        assert!(line.starts_with("20") && line.contains("hachok"), "{line:?}: {log}");
    }
    println!("3 cuts, back after {slowest:?} at most: {verdict}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Postgres: tests/run"]
async fn on_postgres_a_database_that_accepts_everything_and_answers_nothing_is_survived() {
    let cluster = Cluster::start();
    let (app, receiver) = (App::at(Place::on(&cluster.url())), FaultyReceiver::start());
    let paths = webhooks(&app.api("admin"), &receiver, 2).await;
    let (desk, admin, visitor) = (HelpDesk::new(&app), app.admin().await, app.visitor());
    let chatwoot = Chatwoot::start();
    connect(&admin, &chatwoot).await;
    let load = desk.load(20);
    desk.until_more(40, PROGRESS_TIMEOUT).await;
    cluster.freeze();
    // Several times: requests that time out must not use up threads or connections.
    for _ in 0..3 {
        let begun = Instant::now();
        let of_chatwoot = chatwoot.emit(r#"{"event":"message_created","id":1}"#, None);
        let (posted, ready, page, refused) =
            tokio::join!(desk.post(), visitor.get("/readyz"), admin.get("/webhooks"), of_chatwoot);
        assert!(begun.elapsed() < ANSWER_TIMEOUT, "{:?}", begun.elapsed());
        assert_eq!(posted, Posted::Refused(503, Some("5".into())));
        assert_not_stored(&refused);
        assert_eq!(ready.status, 503);
        assert_eq!(page.expect(503).header("retry-after"), "5");
        assert_eq!(visitor.get("/healthz").await.status, 200);
    }
    // OPTIONS, as from a load balancer, does not query the database, with any cookie.
    let begun = Instant::now();
    assert_eq!(admin.send("/", admin.request(reqwest::Method::OPTIONS, "/")).await.status, 204);
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    cluster.thaw();
    let back = Instant::now();
    desk.until_more(1, ANSWER_TIMEOUT).await;
    let back = back.elapsed();
    load.stop().await;
    for posted in desk.answers() {
        assert!(matches!(posted, Posted::Accepted(_) | Posted::Refused(503, Some(_))), "{posted:?}");
    }
    desk.settle().await;
    let verdict = check(&desk, &receiver, &mut Store::of(&app), &paths).await;
    assert_eq!((verdict.duplicates, verdict.interrupted), (0, 0));
    println!("silent for a while, back after {back:?}: {verdict}");
}

/// The sender must not believe that nothing was stored: without a key it would make a second event.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Postgres: tests/run"]
async fn on_postgres_an_event_that_is_stored_too_late_is_reported_as_unknown() {
    let app = App::on_postgres();
    let (sender, mut store) = (app.api("ingest"), Store::of(&app));
    store.run(
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(9); RETURN NEW; END $$",
    );
    store.run("CREATE TRIGGER slow BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION slow()");
    let answer = sender.send(event("message_created")).await;
    assert_eq!((answer.status, &answer.json()["errors"][0]["code"]), (503, &json!("unknown")), "{}", answer.json());
    store.until("the event", "events", PROGRESS_TIMEOUT).await;
}

/// As a script fences off a primary, or a managed database whose storage is full: connections live on, and each write is
/// refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Postgres: tests/run"]
async fn on_postgres_a_server_that_becomes_read_only_is_reported_and_survived() {
    let cluster = Cluster::start();
    let (app, receiver) = (App::at(Place::on(&cluster.url())), FaultyReceiver::start());
    let paths = webhooks(&app.api("admin"), &receiver, 2).await;
    let (desk, admin, visitor) = (HelpDesk::new(&app), app.admin().await, app.visitor());
    let load = desk.load(20);
    desk.until_more(40, PROGRESS_TIMEOUT).await;
    let mut store = Store::of(&app);
    let mut fence = |value: &str| {
        store.run(&format!("ALTER SYSTEM SET default_transaction_read_only = {value}"));
        assert_eq!(store.count("pg_reload_conf() AS done WHERE done"), 1);
    };
    fence("on");
    assert_eq!(desk.until_refused(PROGRESS_TIMEOUT).await, Posted::Refused(503, Some("5".into())));
    eventually("not ready", || async { (visitor.get("/readyz").await.status == 503).then_some(()) }).await;
    let ready = visitor.get("/readyz").await;
    assert!(ready.body.contains("cannot be written to"), "{}", ready.body);
    let status = admin.open("/status").await;
    assert!(status.body.contains("Nothing can be written to the database."), "{}", status.body);
    fence("off");
    let back = Instant::now();
    desk.until_more(1, ANSWER_TIMEOUT).await;
    eventually("ready", || async { (visitor.get("/readyz").await.status == 200).then_some(()) }).await;
    assert!(back.elapsed() < ANSWER_TIMEOUT, "{:?}", back.elapsed());
    load.stop().await;
    desk.settle().await;
    let verdict = check(&desk, &receiver, &mut Store::of(&app), &paths).await;
    let log = app.log();
    assert_eq!(log.matches("the database cannot be written to").count(), 1, "{log}");
    assert_eq!(log.matches("ERROR").count(), 1, "a line for the outage, none for an event: {log}");
    println!("read-only for a while, back after {:?}: {verdict}", back.elapsed());
}

/// A `psql` with an open transaction that was forgotten.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Postgres: tests/run"]
async fn on_postgres_a_row_that_somebody_locks_delays_its_webhook_alone() {
    let app = App::start();
    let receiver = FaultyReceiver::start();
    let paths = webhooks(&app.api("admin"), &receiver, 3).await;
    // The results of the first webhook change its row.
    receiver.answers(&paths[0], status(500));
    let desk = HelpDesk::new(&app);
    let mut holder = Store::of(&app);
    holder.run("BEGIN");
    holder.run("UPDATE webhooks SET name = 'held' WHERE id = 1");
    let load = desk.load(20);
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(8) {
        let before = receiver.heard(&paths[2]).len();
        receiver.wait_for_requests(&paths[2], before + 1, Duration::from_secs(1)).await;
        assert_eq!(app.visitor().get("/readyz").await.status, 200);
    }
    holder.run("COMMIT");
    load.stop().await;
    let mut store = Store::of(&app);
    store.until("the first webhook's results", "webhooks WHERE id = 1 AND failures >= 3", PROGRESS_TIMEOUT).await;
    let others = "deliveries WHERE webhook_id > 1 AND status <> 'success'";
    eventually("the others are delivered", || async { (Store::of(&app).count(others) == 0).then_some(()) }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Postgres: tests/run"]
async fn on_postgres_a_server_stops_in_time_though_its_database_is_silent() {
    let cluster = Cluster::start();
    let mut app = App::at(Place::on(&cluster.url()));
    cluster.freeze();
    let begun = Instant::now();
    app.stop();
    println!("ended after {:?}", begun.elapsed());
    assert!(begun.elapsed() < Duration::from_secs(25), "{:?}", begun.elapsed());
}

#[test]
fn a_postgres_that_refuses_the_first_connection_is_named_in_one_line() {
    let closed_port = ClosedPort::new();
    let port = closed_port.port();
    let place = Place::on(&format!("postgres://hachok:s3cret@127.0.0.1:{port}/hachok"));
    let begun = Instant::now();
    let line = place.run(&["serve", "--bind", "127.0.0.1:0"]).error_line(1);
    assert!(line.contains(&port.to_string()) && line.contains("refused"), "{line}");
    assert!(!line.contains("s3cret"), "{line}");
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}
