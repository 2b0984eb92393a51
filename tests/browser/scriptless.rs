//! The tour in a browser without scripts.

use super::tour::{create, set_up};
use super::{Browser, in_scriptless_browser};
use crate::support::{App, Receiver, event_in};

#[tokio::test]
#[ignore = "needs chromium and chromedriver: tests/run"]
async fn the_tour_works_in_english_without_scripts() {
    in_scriptless_browser("en", |browser| tour(browser, "Success")).await;
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver: tests/run"]
async fn the_tour_works_in_ukrainian_without_scripts() {
    in_scriptless_browser("uk", |browser| tour(browser, "Успішно")).await;
}

async fn tour(browser: Browser, success: &'static str) {
    let (app, receiver) = (App::start(), Receiver::start());
    browser.open("data:text/html,<noscript>no scripts here</noscript>").await;
    assert!(browser.words().await.contains("no scripts here"), "the control: scripts are off");
    set_up(&browser, &app).await;
    create(&browser, &receiver).await;
    app.api("ingest").accepted(event_in("message_created", 7)).await;
    assert_eq!(receiver.first("/crm").await.header("authorization"), "Bearer static-token");
    browser.open(&format!("{}/deliveries", app.url)).await;
    browser.await_words(success, true).await;
    browser.screenshot(&format!("log-{}-scriptless", browser.language)).await;
    browser.click("#log a[href^='/deliveries/dlv_']").await;
    browser.await_words("X-Hachok-Event", false).await;

    browser.click("form[action$='/redelivery'] button").await;
    receiver.await_requests("/crm", 2).await;

    browser.open(&format!("{}/webhooks", app.url)).await;
    browser.click("#sw-1").await;
    browser.find("form[action='/webhooks/1/activation']").await;
    browser.click("#sw-1").await;
    browser.find("form[action='/webhooks/1/deactivation']").await;

    browser.open(&format!("{}/webhooks/1/edit", app.url)).await;
    browser.fill("#f-name", "CRM 2").await;
    browser.click("form:has(#f-url) button:not([type=button])").await;
    browser.await_words("CRM 2", false).await;
    app.api("ingest").accepted(event_in("message_created", 7)).await;
    let seen = receiver.await_requests("/crm", 3).await;
    assert_eq!(seen[2].header("authorization"), "Bearer static-token", "a blank field kept it");

    browser.open(&format!("{}/webhooks/1/test", app.url)).await;
    browser.click("form:has([name=body]) button:not([type=button])").await;
    browser.await_words("X-Hachok-Test", false).await;
    browser.await_words("200", false).await;

    browser.open(&format!("{}/deliveries", app.url)).await;
    browser.click("select[name=status] option[value=failed]").await;
    browser.click("form[action='/deliveries'] button:not([formaction])").await;
    browser.await_at("status=failed").await;

    browser.open(&format!("{}/webhooks/1/secret", app.url)).await;
    browser.click("form[action='/webhooks/1/secret'] button").await;
    browser.await_words("whsec_", false).await;

    for (method, fields) in [
        ("basic", &[("#f-login", "anna"), ("#f-password", "pass word")][..]),
        ("custom", &[("#f-custom-name", "X-Api-Key"), ("#f-custom-value", "a-value")]),
        ("none", &[]),
    ] {
        browser.open(&format!("{}/webhooks/1/edit", app.url)).await;
        browser.click(&format!("label:has(input[name=auth][value={method}])")).await;
        for (field, value) in fields {
            browser.fill(field, value).await;
        }
        browser.click("form:has(#f-url) button:not([type=button])").await;
        browser.find("main a[href='/webhooks/1/edit']").await;
    }

    browser.open(&format!("{}/webhooks/1/delete", app.url)).await;
    browser.click("form[action='/webhooks/1/delete'] button").await;
    browser.find("main a[href='/webhooks/new']").await;
    assert!(!browser.words().await.contains("CRM 2") || browser.at().await.contains("deleted"));
}
