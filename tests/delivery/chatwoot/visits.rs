//! Visits to a connected Chatwoot: what they leave there, and what a slow, old or dead Chatwoot does to others.

use std::time::{Duration, Instant};

use crate::support::chatwoot::{ADMIN_TOKEN, Chatwoot, connect};
use crate::support::{App, PASSWORD, Page, Place, Reply, Visitor, eventually, ports, webhook};

/// A path of the list of webhooks of the account.
const WEBHOOKS: &str = "/api/v1/accounts/3/webhooks";

async fn press(visitor: &Visitor, page: &str, action: &str) -> Page {
    visitor.submit(visitor.open(page).await.form_to(&format!("{page}/{action}"))).await
}

async fn disconnect(visitor: &Visitor, page: &str) {
    let question = visitor.open(&format!("{page}/disconnection")).await;
    visitor.submit(question.form_to(&format!("{page}/disconnection"))).await.leads_to();
}

#[tokio::test]
async fn a_disconnect_during_a_visit_leaves_no_webhook_in_chatwoot() {
    let (app, desk) = (App::start(), Chatwoot::start());
    let admin = app.admin().await;
    let page = connect(&admin, &desk).await;
    // The visit finds no webhook, and makes one after the disconnect.
    desk.desk().webhooks.clear();
    desk.desk().slow = Some((format!("GET {WEBHOOKS}"), Duration::from_millis(1200)));
    let disconnected = async {
        tokio::time::sleep(Duration::from_millis(400)).await;
        desk.desk().slow = None;
        disconnect(&admin, &page).await;
    };
    tokio::join!(press(&admin, &page, "check"), disconnected);
    assert!(!desk.calls(&format!("POST {WEBHOOKS}")).is_empty(), "the visit makes a webhook");
    assert_eq!(desk.desk().webhooks.len(), 0, "{:?}", desk.desk().webhooks);
    assert!(admin.open(&page).await.says("Disconnected"));
    let begun = Instant::now();
    assert_eq!(connect(&admin, &desk).await, page);
    assert!(begun.elapsed() < Duration::from_secs(10), "the visit that was disconnected keeps others away");
    assert!(admin.open(&page).await.says("Waiting for the first event"));
    let _ = desk.webhook();
}

/// As after a kill between the answer of Chatwoot and the commit.
#[tokio::test]
async fn a_webhook_whose_registration_was_not_stored_is_adopted_and_removed() {
    let desk = Chatwoot::start();
    // The same port after the restart, so that the URL of ingest stays.
    let mut app = App::at(Place::new().bound_to(&format!("127.0.0.1:{}", ports::free())));
    desk.desk().slow = Some((format!("POST {WEBHOOKS}"), Duration::from_secs(5)));
    let admin = app.admin().await;
    let form = admin.open("/chatwoot").await.form("#f-chatwoot-url");
    let form = form.fill("f-chatwoot-url", &desk.url).fill("f-chatwoot-token", ADMIN_TOKEN);
    let request = admin.form_request(&form);
    let connecting = tokio::spawn(async move { request.send().await.map(drop) });
    eventually("a webhook", || async { (!desk.desk().webhooks.is_empty()).then_some(()) }).await;
    app.kill();
    connecting.await.expect("an end").expect_err("no answer");
    desk.desk().slow = None;
    let made = desk.webhook();
    app.start_again();
    let admin = app.visitor();
    admin.sign_in("admin@example.com", PASSWORD).await;
    if app.is_sqlite() {
        eventually("the secret of the webhook", || async {
            admin.open("/chatwoot/1").await.text(".facts").contains("Signature Checked").then_some(())
        })
        .await;
        assert_eq!(desk.webhook().id, made.id);
    }
    // On Postgres the claim of the killed process lasts two minutes. The webhook is found by its URL.
    disconnect(&admin, "/chatwoot/1").await;
    assert_eq!(desk.desk().webhooks.len(), 0);
}

#[tokio::test]
async fn a_chatwoot_that_hangs_delays_no_visit_to_another() {
    let (app, hanging, other) = (App::start(), Chatwoot::start(), Chatwoot::start());
    let admin = app.admin().await;
    connect(&admin, &hanging).await;
    connect(&admin, &other).await;
    hanging.desk().trouble = Some(Reply::Hang);
    let before = other.calls(WEBHOOKS).len();
    let begun = Instant::now();
    app.run_sql("UPDATE chatwoot_connections SET next_check_at = 1");
    eventually("a visit to the other", || async { (other.calls(WEBHOOKS).len() > before).then_some(()) }).await;
    // A call has 6 s, and the task looks every 3 s.
    assert!(begun.elapsed() < Duration::from_secs(6), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn events_that_an_older_chatwoot_does_not_know_are_left_out_and_named() {
    let (app, desk) = (App::start(), Chatwoot::start());
    let (admin, api) = (app.admin().await, app.api("admin"));
    let mut hook = webhook("https://a.example.com/hook");
    hook["subscriptions"] = serde_json::json!(["contact_created", "message_created", "conversation_typing_on"]);
    api.webhook(&hook).await;
    desk.desk().known_events.retain(|name| !name.starts_with("conversation_typing"));
    let page = connect(&admin, &desk).await;
    assert_eq!(desk.webhook().subscriptions, ["contact_created", "message_created"]);
    let shown = admin.open(&page).await;
    let warned = |shown: &Page| shown.texts(".notice").iter().any(|text| text.contains("conversation_typing_on"));
    assert!(warned(&shown) && shown.says("Waiting for the first event"), "{}", shown.text("main"));
    // A check tries them again, with one request: the Chatwoot may be newer by now.
    let before = desk.calls(WEBHOOKS).len();
    press(&admin, &page, "check").await.leads_to();
    assert_eq!(desk.calls(WEBHOOKS).len(), before + 2, "{:?}", desk.calls(WEBHOOKS));
    assert!(warned(&admin.open(&page).await));
    desk.desk().known_events.push("conversation_typing_on");
    press(&admin, &page, "check").await.leads_to();
    assert_eq!(desk.webhook().subscriptions, ["contact_created", "message_created", "conversation_typing_on"]);
    assert!(!warned(&admin.open(&page).await));
    // A Chatwoot that knows none of them is a fault.
    desk.desk().known_events = vec!["webwidget_triggered"];
    desk.desk().webhooks.clear();
    press(&admin, &page, "check").await.leads_to();
    let refused = admin.open(&page).await;
    assert!(refused.says("Chatwoot refused the webhook") && refused.says("Needs attention"));
}

#[tokio::test]
#[ignore = "needs Postgres: tests/run"]
async fn on_postgres_of_two_processes_exactly_one_visits_and_compares() {
    let (one, desk) = (App::on_postgres(), Chatwoot::start());
    let admin = one.admin().await;
    // Accounts 1 to 10, each with a connection of its own.
    let accounts: Vec<(i64, String)> = (1..=10).map(|id| (id, format!("Account {id}"))).collect();
    desk.desk().accounts.clone_from(&accounts);
    for (id, _) in &accounts {
        let form = admin.open("/chatwoot").await.form("#f-chatwoot-url");
        let form = form.fill("f-chatwoot-url", &desk.url).fill("f-chatwoot-token", ADMIN_TOKEN);
        let choice = admin.submit(form).await.expect(200).form_to("/chatwoot/accounts");
        admin.submit(choice.set("account", &id.to_string())).await.leads_to();
    }
    let _two = App::at(one.for_another_process());
    let compared = |id: i64| format!("GET /api/v1/accounts/{id}/conversations?");
    let visited = |id: i64| format!("GET /api/v1/accounts/{id}/webhooks");
    let idle = "SELECT count(*) FROM chatwoot_comparisons, chatwoot_connections \
                WHERE id = connection_id AND ended_at IS NOT NULL AND began IS NULL AND claimed_until IS NULL";
    eventually("the end of the first comparisons", || async {
        (one.query_postgres(idle).as_deref() == Some("10")).then_some(())
    })
    .await;
    // Visits take long enough for the other process to look meanwhile.
    desk.desk().slow = Some(("GET /api/v1/accounts".into(), Duration::from_millis(400)));
    desk.desk().calls.clear();
    one.run_sql("UPDATE chatwoot_connections SET next_check_at = 1; UPDATE chatwoot_comparisons SET next_at = 1");
    let all = async || {
        accounts.iter().all(|(id, _)| !desk.calls(&visited(*id)).is_empty() && !desk.calls(&compared(*id)).is_empty())
    };
    eventually("a visit and a comparison of each", || async { all().await.then_some(()) }).await;
    tokio::time::sleep(Duration::from_millis(3500)).await;
    for (id, _) in &accounts {
        assert_eq!((desk.calls(&visited(*id)).len(), desk.calls(&compared(*id)).len()), (1, 1), "account {id}");
    }
}
