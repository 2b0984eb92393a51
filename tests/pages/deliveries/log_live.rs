use crate::delivery::after_attempt;
use crate::pages::make_webhook;
use crate::support::{App, Receiver, Reply, event, eventually};

#[tokio::test]
async fn new_deliveries_are_announced_and_nothing_moves() {
    let (app, receiver) = (App::start(), Receiver::start());
    let (admin, api) = (app.admin().await, app.api("admin"));
    make_webhook(&admin, &receiver.at("/a")).await;
    api.accepted(event("message_created")).await;
    assert!(!admin.open("/deliveries").await.has("#news"), "only on request");
    let page = admin.open("/deliveries?live=1&event=message_created").await;
    assert!(page.form("#q").value("live") == "1" && page.text("#news") == "Refresh", "{}", page.html("#news"));
    let poll = |page: &crate::support::Page| page.attribute("#news", "hx-get").expect("a poll");
    assert_eq!(admin.fetch(&poll(&page)).await.status, 204);
    for _ in 0..2 {
        api.accepted(event("message_created")).await;
    }
    let news = eventually("news", || async {
        Some(admin.fetch(&poll(&page)).await).filter(|news| news.text("#news").contains('2'))
    })
    .await;
    assert_eq!(news.text("#news"), "Show 2 new deliveries");
    assert!(news.body.starts_with("<div id=\"news\""), "{}", news.body);
    assert_eq!(admin.fetch(&poll(&news)).await.status, 204, "they are announced once");
    let show = news.attribute("#news a", "href").expect("a link");
    let shown = admin.open(&show).await;
    assert_eq!((shown.texts("#log tbody tr:not(.day)").len(), shown.text("#news")), (3, "Refresh".into()));
    // With another event as filter nothing is new, and older pages do not poll.
    let other = poll(&page).replace("message_created", "team_changed");
    assert_eq!(admin.fetch(&other).await.status, 204);
    let id = api.deliveries("").await[0]["id"].as_str().unwrap_or_default().to_owned();
    assert!(!admin.open(&format!("/deliveries?live=1&cursor={id}")).await.has("#news"));
}

#[tokio::test]
async fn a_pending_delivery_is_polled_until_it_ends() {
    let (app, receiver) = (App::start(), Receiver::start());
    let (admin, api) = (app.admin().await, app.api("admin"));
    receiver.answers("/a", [Reply::Status(500), Reply::Hang]);
    make_webhook(&admin, &receiver.at("/a")).await;
    api.accepted(event("message_created")).await;
    let id = after_attempt(&api, 1).await["id"].as_str().unwrap_or_default().to_owned();
    receiver.await_requests("/a", 2).await;
    let page = eventually("the second attempt", || async {
        Some(admin.open(&format!("/deliveries/{id}")).await).filter(|page| page.has("#at-2"))
    })
    .await;
    let poll = page.attribute("[data-poll]", "hx-get").expect("a poll");
    assert_eq!(admin.fetch(&poll).await.status, 204, "nothing has changed");
    app.run_sql("UPDATE deliveries SET status = 'failed', reason = 'cancelled', next_attempt_at = NULL");
    let ended = admin.fetch(&poll).await.expect(200);
    assert!(!ended.has("[data-poll]") && ended.text("#delivery").contains("Cancelled"), "{}", ended.body);
}
