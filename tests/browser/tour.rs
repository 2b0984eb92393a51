//! A tour from the set-up link to a delivery in the log.

use super::{Browser, in_browser};
use crate::support::{App, EMAIL, PASSWORD, Receiver, event_in};

#[tokio::test]
#[ignore = "needs chromium and chromedriver: tests/run"]
async fn the_tour_works_in_english() {
    in_browser("en", |browser| tour(browser, "Success")).await;
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver: tests/run"]
async fn the_tour_works_in_ukrainian() {
    in_browser("uk", |browser| tour(browser, "Успішно")).await;
}

async fn tour(browser: Browser, success: &'static str) {
    let (app, receiver) = (App::start(), Receiver::start());
    set_up(&browser, &app).await;
    create(&browser, &receiver).await;
    app.api("ingest").accepted(event_in("message_created", 7)).await;
    assert_eq!(receiver.first("/crm").await.header("authorization"), "Bearer static-token");
    browser.click("nav a[href='/deliveries']").await;
    browser.await_words(success, true).await;
    browser.screenshot(&format!("log-{}", browser.language)).await;
    browser.inspect("the log").await;
    browser.click("#log a[href^='/deliveries/dlv_']").await;
    browser.find("main h1").await;
    browser.await_words("X-Hachok-Event", false).await;
    browser.screenshot(&format!("delivery-{}", browser.language)).await;
    browser.inspect("the delivery").await;
    sends(&browser, &app.url, &receiver).await;
    errors(&browser, &app.url).await;
    switch(&browser, &app.url).await;
}

/// Creates the first account through the printed link.
pub async fn set_up(browser: &Browser, app: &App) {
    browser.open(&app.set_up_link()).await;
    assert_eq!(browser.find("html").await.attr("lang").await.ok().flatten().as_deref(), Some(browser.language));
    if browser.scripts {
        browser.inspect("the set-up page").await;
    }
    browser.fill("#f-user-name", "Олена").await;
    browser.fill("#f-email", EMAIL).await;
    browser.fill("#f-new-password", PASSWORD).await;
    browser.click("main form button:not([type=button])").await;
    browser.find("a[href='/webhooks/new']").await;
}

/// Creates a webhook with Bearer through the form.
pub async fn create(browser: &Browser, receiver: &Receiver) {
    let scripts = browser.scripts;
    if scripts {
        browser.inspect("the empty list").await;
    }
    browser.click("main a[href='/webhooks/new']").await;
    browser.fill("#f-name", "CRM").await;
    browser.fill("#f-url", &receiver.at("/crm")).await;
    assert!(!browser.shows("#f-token").await && !browser.shows("#f-login").await);
    browser.click("label:has(input[name=auth][value=bearer])").await;
    assert!(browser.shows("#f-token").await && !browser.shows("#f-login").await);
    browser.fill("#f-token", "static-token").await;
    browser.click("label:has(input[name=events][value=message_created])").await;
    if scripts {
        browser.inspect("the form").await;
    }
    browser.screenshot(&format!("form-{}", browser.language)).await;
    browser.click("form:has(#f-url) button:not([type=button])").await;
    browser.await_words("whsec_", false).await;
    if scripts {
        browser.inspect("the new webhook").await;
    }
}

/// The buttons that htmx leaves on the page work again: each click is a new request.
async fn sends(browser: &Browser, url: &str, receiver: &Receiver) {
    browser.find("#resend").await;
    for seen in [2, 3] {
        // A second click while the first is in progress counts as a double click.
        browser.find("form:not(.htmx-request) > #resend").await;
        browser.click("#resend").await;
        receiver.await_requests("/crm", seen).await;
    }
    browser.open(&format!("{url}/webhooks/1/test")).await;
    for seen in [4, 5] {
        browser.click("#send").await;
        receiver.await_requests("/crm", seen).await;
        browser.find("#result a[href^='/deliveries/dlv_']").await;
        browser.find("#send:not([disabled])").await;
    }
}

/// An invalid form: the page is not loaded again, the fields keep their values, the focus moves to the summary.
async fn errors(browser: &Browser, url: &str) {
    browser.open(&format!("{url}/webhooks/new")).await;
    browser.click("label:has(input[name=auth][value=bearer])").await;
    browser.fill("#f-token", "to ken").await;
    browser.fill("#f-url", "nonsense").await;
    browser.click("form:has(#f-url) button:not([type=button])").await;
    browser.find("#errsum a[href='#f-url']").await;
    assert!(!browser.find("#err-url").await.text().await.unwrap_or_default().is_empty());
    let token = browser.find("#f-token").await.prop("value").await.ok().flatten();
    assert_eq!(token.as_deref(), Some("to ken"), "a typed secret stays in the browser");
    let focus = "return !!document.activeElement.closest('#errsum')";
    let focused: bool = browser.driver.execute(focus, vec![]).await.and_then(|is| is.convert()).expect("a focus");
    assert!(focused, "the focus is on the summary");
    assert_eq!(browser.find("#f-url").await.attr("aria-invalid").await.ok().flatten().as_deref(), Some("true"));
    browser.screenshot(&format!("errors-{}", browser.language)).await;
    browser.inspect("the form with errors").await;
}

/// The switch in the list works without a new page, and the focus stays on it.
async fn switch(browser: &Browser, url: &str) {
    browser.open(&format!("{url}/webhooks")).await;
    browser.screenshot(&format!("list-{}", browser.language)).await;
    browser.driver.execute("window.same = true", vec![]).await.expect("a mark");
    browser.click("#sw-1").await;
    browser.find("form[action='/webhooks/1/activation']").await;
    let script = "return [window.same === true, document.activeElement.id]";
    let state: (bool, String) =
        browser.driver.execute(script, vec![]).await.and_then(|is| is.convert()).expect("a state");
    assert_eq!(state, (true, "sw-1".to_owned()));
    browser.inspect("the list with a webhook that is off").await;
}
