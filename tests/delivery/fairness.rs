use crate::support::{App, Receiver, Reply, event, webhook};

#[tokio::test]
async fn a_receiver_that_hangs_delays_no_other() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    receiver.answers("/hangs", [Reply::Hang]);
    for path in ["/hangs", "/healthy"] {
        api.webhook(&webhook(&receiver.at(path))).await;
    }
    for _ in 0..40 {
        api.accepted(event("message_created")).await;
    }
    receiver.await_requests("/healthy", 40).await;
    // At most ten requests to one webhook are in flight.
    assert!(receiver.seen("/hangs").len() <= 10);
}
