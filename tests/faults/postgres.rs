use std::time::{Duration, Instant};

use super::rig::{Cluster, FaultyReceiver, HelpDesk, Posted, Store, check, webhooks};
use crate::support::ports::ClosedPort;
use crate::support::{App, Place};

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
    let load = desk.load(20);
    desk.until_more(40, PROGRESS_TIMEOUT).await;
    cluster.freeze();
    // Several times: requests that time out must not use up threads or connections.
    for _ in 0..3 {
        let begun = Instant::now();
        let (posted, ready, page) = tokio::join!(desk.post(), visitor.get("/readyz"), admin.get("/webhooks"));
        assert!(begun.elapsed() < ANSWER_TIMEOUT, "{:?}", begun.elapsed());
        assert_eq!(posted, Posted::Refused(503, Some("5".into())));
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
