//! The list of webhooks and the delivery log in a browser.

use serde_json::json;

use super::{Browser, in_browser};
use crate::support::{Api, App, EMAIL, PASSWORD, Receiver, Reply, event, eventually};

impl Browser {
    async fn number(&self, script: &str) -> f64 {
        self.driver.execute(script, vec![]).await.and_then(|found| found.convert()).expect(script)
    }
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver: tests/run"]
async fn six_rows_are_in_view_with_three_webhooks_in_trouble() {
    let (app, receiver) = (App::start(), Receiver::start());
    app.user(EMAIL, "admin", PASSWORD);
    let api = Api::new(&app.url, &app.token("admin"));
    for n in 1..=8 {
        let path = format!("/hook/{n}");
        if n <= 3 {
            receiver.answers(&path, [Reply::Status(410)]);
        }
        let body =
            json!({ "name": format!("Webhook {n}"), "url": receiver.at(&path), "subscriptions": ["message_created"] });
        api.webhook(&body).await;
    }
    api.accepted(event("message_created")).await;
    eventually("three are off", || async {
        (api.get("webhooks").await.text.matches("auto_disabled").count() == 3).then_some(())
    })
    .await;
    in_browser("uk", move |browser| async move {
        let list = format!("{}/webhooks", app.url);
        browser.sign_in(&app.url, EMAIL, PASSWORD).await;
        browser.appear(1280, "light").await;
        browser.open(&list).await;
        browser.screenshot("list-trouble").await;
        let lines = "return document.querySelectorAll('.trouble li').length";
        assert_eq!(browser.number(lines).await as u32, 3);
        let bottom = "return document.querySelectorAll('.list tbody tr')[5].getBoundingClientRect().bottom";
        assert!(browser.number(bottom).await <= 900.0, "the sixth row ends at {}", browser.number(bottom).await);

        // *Duplicate* is in the menu of a row, at every width.
        for width in [1280, 390] {
            browser.appear(width, "light").await;
            browser.open(&list).await;
            browser.click("#mb-8").await;
            assert!(browser.shows("#m-8 a[href='/webhooks/new?from=8']").await, "{width}");
        }

        // A search adds one entry to the history, also when the field is left.
        browser.appear(1280, "light").await;
        browser.open(&list).await;
        let before = browser.number("return history.length").await;
        browser.fill("#q", "Webhook 7").await;
        browser.await_at("q=Webhook").await;
        browser.find("#list:not(:has(#wh-8)) #wh-7").await;
        browser
            .driver
            .execute(
                "document.querySelector('#q').blur(); window.asked = 0;
            document.addEventListener('htmx:beforeRequest', () => window.asked++)",
                vec![],
            )
            .await
            .expect("a blur");
        assert_eq!(browser.number("return window.asked").await as u32, 0, "the same search is not sent again");
        assert!(browser.number("return history.length").await <= before + 1.0);
    })
    .await;
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver: tests/run"]
async fn twenty_rows_of_the_log_are_in_view_and_each_is_a_link() {
    let (app, receiver) = (App::start(), Receiver::start());
    app.user(EMAIL, "admin", PASSWORD);
    let api = Api::new(&app.url, &app.token("admin"));
    api.webhook(&json!({ "url": receiver.at("/a"), "subscriptions": ["message_created"] })).await;
    for _ in 0..25 {
        api.accepted(event("message_created")).await;
    }
    in_browser("en", move |browser| async move {
        browser.sign_in(&app.url, EMAIL, PASSWORD).await;
        browser.appear(1280, "light").await;
        browser.open(&format!("{}/deliveries", app.url)).await;
        let rows = "return [...document.querySelectorAll('.lines tbody tr:not(.day)')]
            .filter(row => row.getBoundingClientRect().bottom <= 900).length";
        assert!(browser.number(rows).await >= 20.0, "{} rows", browser.number(rows).await);
        // The middle of the inbox and of the log ID, where no text is a link.
        for cell in ["c-inbox", "c-id"] {
            let hit = format!(
                "const cell = document.querySelector('.lines td.{cell}').getBoundingClientRect();
                const hit = document.elementFromPoint(cell.x + cell.width / 2, cell.y + cell.height / 2);
                return hit.closest('a.to') ? 1 : 0"
            );
            assert_eq!(browser.number(&hit).await as u32, 1, "{cell}");
        }
    })
    .await;
}
