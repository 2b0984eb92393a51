use serde_json::json;

use crate::pages::make_webhook;
use crate::support::{App, Visitor, event};

/// 25 October 2026: in Kyiv the clocks show 03:00 to 04:00 twice.
const FIRST: &str = "2026-10-25T00:30:00Z";
const SECOND: &str = "2026-10-25T01:30:00Z";

async fn in_kyiv(app: &App) -> Visitor {
    let admin = app.admin().await;
    let form = admin.open("/profile").await.form("#f-user-name");
    admin.submit(form.set("time_zone", "Europe/Kyiv")).await.leads_to();
    admin
}

#[tokio::test]
async fn a_time_filter_keeps_which_half_of_a_repeated_hour_is_meant() {
    let app = App::start();
    let admin = in_kyiv(&app).await;
    for (at, shown) in [(FIRST, "2026-10-25T03:30+03:00"), (SECOND, "2026-10-25T03:30+02:00")] {
        for (page, selector) in
            [("/deliveries", "#q"), ("/received", "[name=event]"), ("/deliveries/resend", "#f-since")]
        {
            let mut asked = format!("{page}?from={at}&to=2026-10-25T05:00:00Z");
            // The value is stable over any number of rounds.
            for _ in 0..3 {
                let open = admin.open(&asked).await;
                let form = open.form(selector);
                assert_eq!(form.value("from"), shown, "{page}");
                assert_eq!(open.attribute("[name=from]", "type").as_deref(), Some("text"), "{page}");
                let pairs: Vec<_> = form.fields.iter().filter(|(name, _)| name != "_csrf").collect();
                let mut query = url::form_urlencoded::Serializer::new(String::new());
                asked = format!("{page}?{}", query.extend_pairs(pairs).finish());
            }
        }
        // Other times have the field that shows a calendar.
        let page = admin.open(&format!("/deliveries?from={at}&to=2026-10-25T05:00:00Z")).await;
        assert_eq!(page.attribute("[name=to]", "type").as_deref(), Some("datetime-local"));
        assert_eq!(page.form("#q").value("to"), "2026-10-25T07:00");
    }
    let days = admin.open("/received?from=2026-10-25&to=2026-10-25").await;
    assert_eq!(days.attribute("[name=from]", "type").as_deref(), Some("date"));
    assert_eq!(days.form("[name=event]").value("from"), "2026-10-25");
}

#[tokio::test]
async fn a_resend_covers_the_chosen_half_of_a_repeated_hour() {
    let app = App::start();
    let (admin, api) = (in_kyiv(&app).await, app.api("admin"));
    let (id, _) = make_webhook(&admin, "https://a.example.com/").await;
    api.patch(&format!("webhooks/{id}"), &json!({ "enabled": false })).await;
    api.accepted(event("message_created")).await;
    // An id contains the microseconds since 2020 above its last 12 bits.
    let since_2020 = FIRST.parse::<jiff::Timestamp>().expect("a time").as_microsecond() - 1_577_836_800_000_000;
    let given = since_2020 << 12;
    app.run_sql(&format!(
        "UPDATE deliveries SET id = {given}, status = 'failed', reason = 'expired', next_attempt_at = NULL"
    ));
    app.run_sql("UPDATE webhooks SET enabled = (1 = 1)");
    let asked = async |from: &str, to: &str| admin.open(&format!("/deliveries/resend?from={from}&to={to}")).await;
    let first = asked(FIRST, SECOND).await;
    assert!(first.text("#found").contains("1 failed delivery"), "{}", first.text("main"));
    let form = first.form("#send");
    assert_eq!((form.value("from"), form.value("to")), ("2026-10-25T03:30+03:00", "2026-10-25T03:30+02:00"));
    assert!(asked(SECOND, "2026-10-25T05:00Z").await.says("There is nothing to resend"));
    // Without an offset, both halves of the hour are meant.
    assert!(asked("2026-10-25T03:00", "2026-10-25T03:59").await.text("#found").contains("1 failed delivery"));
    let log = async |from: &str| {
        admin.open(&format!("/deliveries?from={from}&to=2026-10-26")).await.texts("#log tbody tr:not(.day)").len()
    };
    assert_eq!((log(FIRST).await, log(SECOND).await), (1, 0));
}

#[tokio::test]
async fn an_unencoded_plus_is_read_as_an_offset() {
    let app = App::start();
    let (admin, api) = (app.admin().await, app.api("admin"));
    api.accepted(event("message_created")).await;
    for (from, count) in
        [("2020-01-01T08:00:00+02:00", 1), ("2020-01-01T08:00+0200", 1), ("2099-01-01T08:00:00+02:00", 0)]
    {
        for path in ["deliveries", "received"] {
            let answer = api.get(&format!("{path}?from={from}")).await;
            assert_eq!(answer.status, 200, "{path} {from}: {answer:?}");
        }
        let listed = api.get(&format!("received?from={from}")).await.json();
        assert_eq!(listed["payload"].as_array().map(Vec::len), Some(count), "{from}");
        let page = admin.open(&format!("/deliveries?from={from}")).await;
        assert!(!page.says("Not understood"), "{from}");
    }
    assert_eq!(api.get("deliveries?from=2020-01-01+later").await.status, 422);
}
