use std::time::{Duration, Instant};

use super::rig::{FaultyReceiver, HelpDesk, SeededRandom, Store, check, number, webhooks, with_short_leases};
use crate::support::{App, Place};

/// Limit of the wait for the next accepted event, start of the server included.
const PROGRESS_TIMEOUT: Duration = Duration::from_secs(30);
/// Events per second.
const EVENTS_PER_SECOND: u32 = 50;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_kill_under_load_loses_an_accepted_event() {
    let (kills, begun, mut dice) = (number("HACHOK_FAULT_KILLS", 20), Instant::now(), SeededRandom::new());
    let (mut app, receiver) = (App::on_sqlite(), FaultyReceiver::start());
    let paths = webhooks(&app.api("admin"), &receiver, 5).await;
    let desk = HelpDesk::new(&app);
    let load = desk.load(EVENTS_PER_SECOND);
    for _ in 0..kills {
        desk.until_more(1 + dice.below(EVENTS_PER_SECOND as usize), PROGRESS_TIMEOUT).await;
        app.kill();
        app.start_again();
        desk.posts_to(vec![app.url.clone()]);
    }
    desk.until_more(EVENTS_PER_SECOND as usize, PROGRESS_TIMEOUT).await;
    load.stop().await;
    desk.settle().await;
    let verdict = check(&desk, &receiver, &mut Store::of(&app), &paths).await;
    println!("{kills} kills in {:?}: {verdict}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Postgres: tests/run"]
async fn on_postgres_either_of_two_processes_may_be_killed() {
    let (kills, begun, mut dice) = (number("HACHOK_FAULT_KILLS", 10), Instant::now(), SeededRandom::new());
    let (first, receiver) = (App::at(with_short_leases(Place::on_postgres())), FaultyReceiver::start());
    let paths = webhooks(&first.api("admin"), &receiver, 5).await;
    let desk = HelpDesk::new(&first);
    let second = App::at(first.for_another_process().set("HACHOK_LEASE_SCALE", "9"));
    let mut apps = [first, second];
    desk.posts_to(apps.iter().map(|app| app.url.clone()).collect());
    let load = desk.load(EVENTS_PER_SECOND);
    for _ in 0..kills {
        desk.until_more(1 + dice.below(EVENTS_PER_SECOND as usize), PROGRESS_TIMEOUT).await;
        let chosen = &mut apps[dice.below(2)];
        chosen.kill();
        chosen.start_again();
        desk.posts_to(apps.iter().map(|app| app.url.clone()).collect());
    }
    desk.until_more(EVENTS_PER_SECOND as usize, PROGRESS_TIMEOUT).await;
    load.stop().await;
    desk.settle().await;
    let verdict = check(&desk, &receiver, &mut Store::of(&apps[0]), &paths).await;
    println!("{kills} kills in {:?}: {verdict}", begun.elapsed());
}
