//! On demand: a tour in Firefox and in WebKit. `tests/README.md` has the results.

use thirtyfour::prelude::*;

use super::driver::in_other_browser;
use super::tour::{create, set_up};
use super::{Browser, refusals};
use crate::support::{App, Receiver, event_in};

#[tokio::test]
#[ignore = "on demand: needs firefox-esr and geckodriver"]
async fn on_demand_a_tour_works_in_firefox() {
    let mut capabilities = DesiredCapabilities::firefox();
    capabilities.set_headless().expect("an option");
    capabilities.set_firefox_binary("/usr/bin/firefox-esr").expect("a path");
    in_other_browser("geckodriver", "--port", capabilities, tour).await;
}

#[tokio::test]
#[ignore = "on demand: needs webkit2gtk-driver and a display (xvfb-run)"]
async fn on_demand_a_tour_works_in_webkit() {
    let mut capabilities = Capabilities::new();
    let binary = std::env::var("HACHOK_MINIBROWSER")
        .unwrap_or_else(|_| "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser".to_owned());
    let options = serde_json::json!({ "binary": binary, "args": ["--automation"] });
    capabilities.set("browserName", "MiniBrowser").expect("a name");
    capabilities.set("webkitgtk:browserOptions", options).expect("options");
    in_other_browser("WebKitWebDriver", "--port", capabilities, tour).await;
}

async fn tour(browser: Browser) {
    let (app, receiver) = (App::start(), Receiver::start());
    set_up(&browser, &app).await;
    create(&browser, &receiver).await;
    browser.await_at("/secret").await;
    browser.find("#key").await;
    // The secret that was shown once does not come back.
    browser.click("nav a[href='/webhooks']").await;
    browser.find("main a[href='/webhooks/new']").await;
    browser.driver.back().await.expect("back");
    browser.await_at("/secret").await;
    browser
        .await_script(
            "return document.querySelector('main h1') && !document.querySelector('#key') ? 'gone' : ''",
            "gone",
        )
        .await;

    app.api("ingest").accepted(event_in("message_created", 7)).await;
    receiver.first("/crm").await;
    browser.open(&format!("{}/deliveries", app.url)).await;
    browser.await_words("Success", true).await;
    browser.click("#log a[href^='/deliveries/dlv_']").await;
    browser.await_words("X-Hachok-Event", false).await;

    browser.open(&format!("{}/webhooks/1", app.url)).await;
    browser.click("[data-copy='#url']").await;
    browser.await_script(refusals::MESSAGE, "toast: Copied").await;

    browser.open(&format!("{}/webhooks/1/test", app.url)).await;
    browser.click("#send").await;
    browser.await_script(refusals::MESSAGE, "The receiver accepted the event").await;
    browser.click("#again").await;
    receiver.await_requests("/crm", 3).await;
    browser.await_script("return document.activeElement.id", "again").await;

    browser.open(&format!("{}/webhooks", app.url)).await;
    browser.click("#mb-1").await;
    let at_its_button = "const m = document.querySelector('#m-1').getBoundingClientRect(), b = document.querySelector('#mb-1').getBoundingClientRect();
        return m.height > 0 && (Math.abs(m.top - b.bottom) < 16 || Math.abs(m.bottom - b.top) < 16) ? 'at its button' : JSON.stringify([m, b])";
    browser.await_script(at_its_button, "at its button").await;
    browser.open(&format!("{}/webhooks", app.url)).await;
    browser.click("#sw-1").await;
    browser.find("form[action='/webhooks/1/activation']").await;
    assert_eq!(browser.says("return document.activeElement.id").await, "sw-1");

    // An empty page is no higher than its window, and a filter adds one entry to the history.
    browser.open(&format!("{}/users", app.url)).await;
    let script = "const e = document.documentElement; return e.scrollHeight > e.clientHeight && e.scrollHeight < e.clientHeight + 5 ? 'scrolls' : 'fits'";
    assert_eq!(browser.says(script).await, "fits");
    browser.open(&format!("{}/webhooks", app.url)).await;
    let before: usize = browser.says("return String(history.length)").await.parse().expect("a number");
    browser.fill("#q", "CRM").await;
    browser.await_at("q=CRM").await;
    browser.driver.execute("document.querySelector('#q').blur()", vec![]).await.expect("a blur");
    browser.click("select[name=state] option[value=disabled]").await;
    browser.await_at("state=disabled").await;
    assert_eq!(browser.says("return String(history.length)").await, (before + 2).to_string());
}
