//! A name server that does not answer for the names of some webhooks.

use super::fairness::p95;
use super::rig::{FaultyReceiver, HelpDesk};
use crate::support::{App, Place, webhook};

/// A server with a webhook whose name is found, and `silent` webhooks whose names get no answer.
async fn start(silent: usize) -> (App, FaultyReceiver) {
    let place = Place::new().set("HACHOK_ALLOW_HTTP", "true").set("HACHOK_FAULT_NAMES", "yes");
    let (app, receiver) = (App::at(place), FaultyReceiver::start());
    let api = app.api("admin");
    api.webhook(&webhook(&receiver.at("/b").replace("127.0.0.1", "healthy.answered.test"))).await;
    for number in 0..silent {
        api.webhook(&webhook(&format!("https://h{number}.silent.test/x"))).await;
    }
    (app, receiver)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_webhooks_whose_names_get_no_answer_delay_no_other() {
    let (app, receiver) = start(20).await;
    let beside = p95(&HelpDesk::new(&app), &receiver, 150).await;
    println!("p95 of B beside twenty whose names get no answer: {beside:?}");
    assert!(beside <= std::time::Duration::from_millis(300), "{beside:?}");
    assert!(!app.log().contains("the database is busy"), "{}", app.log());
}
