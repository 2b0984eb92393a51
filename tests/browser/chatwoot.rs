//! Connecting a Chatwoot, to its first event.

use super::{Browser, in_browser, tour};
use crate::support::App;
use crate::support::chatwoot::{ADMIN_TOKEN, Chatwoot};

#[tokio::test]
#[ignore = "needs chromium and chromedriver: tests/run"]
async fn a_chatwoot_is_connected_and_disconnected_in_both_languages() {
    in_browser("en", |browser| connects(browser, ["Waiting for the first event", "Receiving events", "Disconnected"]))
        .await;
    in_browser("uk", |browser| connects(browser, ["Чекає на першу подію", "Отримує події", "Відключено"])).await;
}

async fn connects(browser: Browser, [waiting, receiving, ended]: [&'static str; 3]) {
    let (app, desk) = (App::start(), Chatwoot::start());
    tour::set_up(&browser, &app).await;
    browser.click("nav a[href='/chatwoot']").await;
    browser.fill("#f-chatwoot-url", &desk.url).await;
    browser.fill("#f-chatwoot-token", "wrong").await;
    browser.click("form:has(#f-chatwoot-token) button:not([type=button])").await;
    browser.find("#err-chatwoot-token svg").await;
    browser.inspect("a refused token").await;
    browser.fill("#f-chatwoot-token", ADMIN_TOKEN).await;
    browser.click("form:has(#f-chatwoot-token) button:not([type=button])").await;
    browser.await_words(waiting, false).await;
    browser.inspect("a new connection").await;
    assert_eq!(desk.emit(r#"{"event":"message_created","account":{"id":3}}"#, None).await.status, 200);
    browser.await_words(receiving, true).await;
    browser.screenshot(&format!("chatwoot-{}", browser.language)).await;
    browser.click("main a[href$='/disconnection']").await;
    browser.click("form[action$='/disconnection'] button").await;
    browser.await_words(ended, false).await;
    assert!(desk.desk().webhooks.is_empty());
}
