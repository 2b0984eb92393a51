use std::time::{Duration, Instant};

use super::rig::{FaultyReceiver, HelpDesk, Store, check, slowly, webhooks};
use crate::support::App;

const STOP_TIMEOUT: Duration = Duration::from_secs(25);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_under_load_interrupts_nothing_that_is_answered_within_a_second() {
    let (mut app, receiver) = (App::start(), FaultyReceiver::start());
    let paths = webhooks(&app.api("admin"), &receiver, 5).await;
    paths.iter().for_each(|path| receiver.answers(path, slowly(Duration::from_millis(800))));
    let desk = HelpDesk::new(&app);
    let load = desk.load(50);
    desk.until_more(100, STOP_TIMEOUT).await;
    let asked = Instant::now();
    assert_eq!(app.stop(), Some(0), "{}", app.log());
    let took = asked.elapsed();
    assert!(took < STOP_TIMEOUT, "{took:?}");
    let mut store = Store::of(&app);
    assert_eq!(store.count("attempts WHERE outcome = 'interrupted'"), 0);
    assert_eq!(store.count("deliveries WHERE leased_until IS NOT NULL"), 0);
    paths.iter().for_each(|path| receiver.answers(path, slowly(Duration::ZERO)));
    app.start_again();
    desk.posts_to(vec![app.url.clone()]);
    load.stop().await;
    desk.settle().await;
    let verdict = check(&desk, &receiver, &mut store, &paths).await;
    assert_eq!((verdict.duplicates, verdict.interrupted), (0, 0), "{verdict}");
    println!("a stop under load in {took:?}: {verdict}");
}
