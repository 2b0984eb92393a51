//! What the list shows first, and in which order.

use crate::pages::{good_form, made};
use crate::support::{App, Page, Receiver, Reply, Visitor, event, eventually};

fn names(page: &Page) -> Vec<String> {
    page.texts("#list .name")
}

async fn webhook(admin: &Visitor, name: &str, url: &str) {
    made(admin, good_form(admin, url).await.set("name", name)).await;
}

/// Webhook 1 was turned off by its receiver's 410; the others succeeded once.
async fn troubled(app: &App, receiver: &Receiver) -> Visitor {
    let admin = app.admin().await;
    receiver.answers("/gone", [Reply::Status(410)]);
    for (name, path) in [("Яна", "/gone"), ("Ґанок", "/a"), ("anna", "/b"), ("Bob", "/c")] {
        webhook(&admin, name, &receiver.at(path)).await;
    }
    app.api("ingest").accepted(event("message_created")).await;
    eventually("the alert", || async { admin.open("/webhooks").await.has(".trouble").then_some(()) }).await;
    admin
}

#[tokio::test]
async fn trouble_comes_first_then_the_name() {
    let (app, receiver) = (App::start(), Receiver::start());
    let admin = troubled(&app, &receiver).await;
    let list = admin.open("/webhooks").await;
    assert_eq!(names(&list), ["Яна", "anna", "Bob", "Ґанок"]);
    assert_eq!(names(&admin.open("/webhooks?sort=name").await), ["anna", "Bob", "Ґанок", "Яна"]);
    let only = admin.open("/webhooks?state=trouble").await;
    assert_eq!(names(&only), ["Яна"]);
    assert_eq!(only.form("#q").value("state"), "trouble");

    assert_eq!(list.text(".trouble h2"), "1 webhook needs attention");
    assert_eq!(list.texts(".trouble li").len(), 1);
    assert!(list.text(".trouble li").contains("Turned off: the receiver returned 410."), "{}", list.text(".trouble"));
    assert_eq!(list.attribute(".trouble li a.name", "href").as_deref(), Some("/webhooks/1"));
    assert!(list.html("#wh-1 .c-on").contains("badge bad"), "the colour of the alert");
    assert_eq!(admin.submit(list.form(".trouble button")).await.leads_to(), "/webhooks/1/held");
    let viewer = app.signed_in("viewer").await.open("/webhooks").await;
    assert!(viewer.has(".trouble") && !viewer.has(".trouble button"));
}

#[tokio::test]
async fn a_column_orders_the_list_and_the_order_stays_with_the_filter() {
    let (app, receiver) = (App::start(), Receiver::start());
    let admin = troubled(&app, &receiver).await;
    let link = |page: &Page, column: &str| page.attribute(&format!("#sort-{column}"), "href").expect("a link");
    let list = admin.open("/webhooks?q=a&state=active").await;
    let by_name = link(&list, "name");
    assert_eq!(by_name, "/webhooks?q=a&state=active&sort=name");
    let sorted = admin.open(&by_name).await;
    assert_eq!(sorted.attribute("th:has(#sort-name)", "aria-sort").as_deref(), Some("ascending"));
    assert_eq!(link(&sorted, "name"), "/webhooks?q=a&state=active&sort=-name");
    // The form of the filter keeps the order.
    let filtered = admin.submit(sorted.form("#q").set("q", "").set("state", "")).await.expect(200);
    assert_eq!(names(&filtered), ["anna", "Bob", "Ґанок", "Яна"]);
    let reversed = admin.open(&link(&filtered, "name")).await;
    assert_eq!(names(&reversed), ["Яна", "Ґанок", "Bob", "anna"]);
    assert_eq!(reversed.attribute("th:has(#sort-name)", "aria-sort").as_deref(), Some("descending"));
    let by_rate = names(&admin.open(&link(&filtered, "rate")).await);
    assert_eq!(by_rate.first().map(String::as_str), Some("Яна"), "the lowest rate first: {by_rate:?}");
    let by_rate = names(&admin.open("/webhooks?sort=-rate").await);
    assert_eq!(by_rate.last().map(String::as_str), Some("Яна"), "{by_rate:?}");
    webhook(&admin, "never", &receiver.at("/d")).await;
    for sort in ["last", "-last"] {
        let by_time = names(&admin.open(&format!("/webhooks?sort={sort}")).await);
        assert_eq!(by_time.last().map(String::as_str), Some("never"), "without a delivery last: {by_time:?}");
    }
}

/// Without scripts, the answer is the list as it was, from its top: the notice is there.
#[tokio::test]
async fn the_switch_keeps_the_filter_of_the_list() {
    let app = App::start();
    let admin = app.admin().await;
    webhook(&admin, "anna", "https://a.example.com/hook").await;
    let filtered = "/webhooks?q=anna&sort=name";
    let off = admin.open(filtered).await.form_to("/webhooks/1/deactivation");
    assert_eq!(admin.submit(off).await.leads_to(), filtered);
    assert!(admin.open(filtered).await.has(".notice.ok"));
    // The row that htmx swaps in still knows the list.
    let on = admin.open(filtered).await.form_to("/webhooks/1/activation");
    let row = admin.submit_htmx(on).await.expect(200);
    assert_eq!(row.form_to("/webhooks/1/deactivation").value("back"), filtered);
    for elsewhere in ["https://evil.example/", "//evil.example", "/webhooks/../users", "/users", "list"] {
        let form = admin.open("/webhooks").await.form("#sw-1").set("back", elsewhere);
        assert_eq!(admin.submit(form).await.leads_to(), "/webhooks/1", "{elsewhere}");
    }
}

#[tokio::test]
async fn a_row_names_its_events_and_only_an_empty_list_explains_itself() {
    let app = App::start();
    let admin = app.admin().await;
    let lead = "HTTP callbacks that are set up";
    assert!(admin.open("/webhooks").await.says(lead));
    let form = good_form(&admin, "https://a.example.com/hook").await.tick("events", "team_changed");
    made(&admin, form).await;
    let list = admin.open("/webhooks").await;
    assert!(!list.says(lead));
    let events = list.attribute("#wh-1 .c-events [title]", "title").expect("a title");
    assert_eq!(events, "Message created\nTeam changed");
}
