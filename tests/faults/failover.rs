//! A Postgres with a synchronous standby, whose primary is lost or fenced.

use std::time::{Duration, Instant};

use super::rig::{Cluster, FaultyReceiver, HelpDesk, Posted, Store, check, webhooks};
use crate::support::{App, Place};

const PROGRESS_TIMEOUT: Duration = Duration::from_secs(30);
/// Until the first event is accepted by the new primary.
const BACK_TIMEOUT: Duration = Duration::from_secs(10);
const EVENTS_PER_SECOND: u32 = 20;

/// Loads a server whose database has a standby, calls `lose` for the primary, promotes the standby, and checks that nothing is
/// lost. `lose` returns only when the primary takes no more writes.
async fn fail_over(lose: impl Fn(&Cluster)) {
    let primary = Cluster::start();
    let standby = primary.standby();
    let place = Place::on(&primary.url_with(&standby));
    let (app, receiver) = (App::at(place), FaultyReceiver::start());
    let paths = webhooks(&app.api("admin"), &receiver, 3).await;
    let (desk, visitor) = (HelpDesk::new(&app), app.visitor());
    let load = desk.load(EVENTS_PER_SECOND);
    desk.until_more(60, PROGRESS_TIMEOUT).await;
    lose(&primary);
    standby.promote();
    let promoted = Instant::now();
    desk.until_more(1, BACK_TIMEOUT).await;
    let back = promoted.elapsed();
    desk.until_more(60, PROGRESS_TIMEOUT).await;
    load.stop().await;
    for posted in desk.answers() {
        assert!(matches!(posted, Posted::Accepted(_) | Posted::Refused(503, Some(_))), "{posted:?}");
    }
    desk.settle().await;
    let mut store = Store::of(&Place::on(&standby.url()));
    let verdict = check(&desk, &receiver, &mut store, &paths).await;
    assert_eq!(visitor.get("/readyz").await.status, 200);
    println!("the new primary took events after {back:?}: {verdict}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "on demand: needs initdb and pg_basebackup"]
async fn on_demand_on_postgres_a_primary_that_is_killed_loses_nothing() {
    fail_over(Cluster::end_at_once).await;
}

/// Its connections live on and every write is refused (SQLSTATE 25006).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "on demand: needs initdb and pg_basebackup"]
async fn on_demand_on_postgres_a_primary_that_is_fenced_is_left_for_the_new_one() {
    fail_over(|primary| {
        primary.execute("ALTER SYSTEM SET default_transaction_read_only = on");
        primary.execute("SELECT pg_reload_conf()");
    })
    .await;
}

/// An operator ends the connections (57P01) of a primary that becomes a standby.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "on demand: needs initdb and pg_basebackup"]
async fn on_demand_on_postgres_connections_that_are_ended_by_an_operator_lose_nothing() {
    fail_over(|primary| {
        primary.execute("ALTER SYSTEM SET default_transaction_read_only = on");
        primary.execute("SELECT pg_reload_conf()");
        primary.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()");
    })
    .await;
}
