//! Everything with the keyboard only.

use serde_json::Value;
use thirtyfour::prelude::*;

use super::super::{Browser, in_browser};
use super::pages::{inside, outside};
use super::world::World;
use crate::support::{App, EMAIL, PASSWORD, Receiver, event};

/// The focused element, whether it is visible, and whether something covers it. The calendar button of a date field
/// shows the browser's own focus ring; the field itself then does not count as focused.
const STOP: &str = "const e = document.activeElement; if (!e || e === document.body) return null;
    const look = t => { const s = getComputedStyle(t); return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2; };
    const near = [e, e.nextElementSibling, e.parentElement, e.closest('label')].filter(Boolean);
    const r = e.getBoundingClientRect(), x = r.left + r.width / 2, y = r.top + r.height / 2;
    const over = document.elementFromPoint(x, y);
    const covered = !!over && !over.contains(e) && !e.contains(over) && !(e.labels && [...e.labels].some(l => l.contains(over) || over.contains(l)));
    return [e.outerHTML.slice(0, 100).toWellFormed().toWellFormed(), near.some(look) || !e.matches(':focus'), covered];";

#[tokio::test]
#[ignore = "needs chromium and chromedriver: tests/run"]
async fn every_tab_stop_is_visible_in_english() {
    stops("en", 1280).await;
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver: tests/run"]
async fn every_tab_stop_is_visible_on_a_narrow_page_in_ukrainian() {
    stops("uk", 390).await;
}

async fn stops(language: &'static str, width: u32) {
    let world = World::new().await;
    in_browser(language, move |browser| async move {
        let url = world.app.url.clone();
        browser.sign_in(&url, EMAIL, PASSWORD).await;
        browser.appear(width, "light").await;
        let mut faults = Vec::new();
        for (_, address) in inside(&world).into_iter().chain(outside(&world)) {
            browser.open(&format!("{url}{address}")).await;
            let stops = browser.tab_through().await;
            if stops.len() < 3 {
                faults.push(format!("{address}: only {} stops", stops.len()));
            }
            let bad = stops.iter().filter(|(_, visible, covered)| !visible || *covered);
            faults.extend(bad.map(|(what, visible, _)| {
                format!("{address}: {} {what}", if *visible { "covered" } else { "no outline" })
            }));
        }
        assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    })
    .await;
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver: tests/run"]
async fn a_tab_stop_without_an_outline_or_under_a_bar_is_found() {
    let app = App::start();
    in_browser("en", |browser| async move {
        browser.open(&format!("{}/sign-in", app.url)).await;
        let seed = "document.querySelector('#f-email').style.outline = 'none';
            const bar = document.createElement('div'); bar.style.cssText = 'position: fixed; inset: 0 0 auto; height: 100vh; z-index: 99';
            bar.id = 'bar'; document.body.append(bar);";
        browser.driver.execute(seed, vec![]).await.expect("a fault");
        let stops = browser.tab_through().await;
        assert!(stops.iter().any(|(what, visible, _)| what.contains("f-email") && !visible), "{stops:?}");
        assert!(stops.iter().any(|(_, visible, covered)| *visible && *covered), "{stops:?}");
    })
    .await;
}

/// From the sign-in to a delivery that is sent again, without a pointer.
#[tokio::test]
#[ignore = "needs chromium and chromedriver: tests/run"]
async fn the_tour_works_with_the_keyboard_only() {
    let (app, receiver) = (App::start(), Receiver::start());
    app.user(EMAIL, "admin", PASSWORD);
    let api = app.api("ingest");
    in_browser("uk", |browser| async move {
        browser.open(&format!("{}/sign-in", app.url)).await;
        browser.reach("#f-email").await.keys(EMAIL).await;
        browser.reach("#f-password").await.keys(PASSWORD).await.keys(Key::Enter + "").await;
        browser.find("nav a[href='/webhooks']").await;
        browser.reach("main a[href='/webhooks/new']").await.keys(Key::Enter + "").await;
        browser.find("#f-url").await;
        browser.reach("#f-url").await.keys(&receiver.at("/crm")).await;
        // The arrow keys choose among radio buttons.
        browser.reach("[name=auth]:checked").await.keys(Key::Down + "").await;
        browser.reach("#f-token").await.keys("static-token").await;
        browser.reach("[name=events][value=message_created]").await.keys(" ").await;
        browser.reach("form:has(#f-url) button.primary").await.keys(Key::Enter + "").await;
        browser.await_words("whsec_", false).await;
        api.accepted(event("message_created")).await;
        assert_eq!(receiver.first("/crm").await.header("authorization"), "Bearer static-token");
        browser.open(&format!("{}/webhooks", app.url)).await;
        browser.reach("#sw-1").await.keys(Key::Enter + "").await;
        browser.find("form[action='/webhooks/1/activation']").await;
        assert_eq!(browser.focus().await, "sw-1", "the focus stays on the switch");
        browser.keys(Key::Enter + "").await;
        browser.find("form[action='/webhooks/1/deactivation']").await;
        browser.reach("nav a[href='/deliveries']").await.keys(Key::Enter + "").await;
        browser.find("#log").await;
        browser.reach("#log a[href^='/deliveries/dlv_']").await.keys(Key::Enter + "").await;
        browser.reach("form[action$='/redelivery'] button").await.keys(Key::Enter + "").await;
        receiver.await_requests("/crm", 2).await;
    })
    .await;
}

impl Browser {
    /// Every stop of the Tab key: the element, whether its focus is visible, whether something covers it.
    async fn tab_through(&self) -> Vec<(String, bool, bool)> {
        let mut stops: Vec<(String, bool, bool)> = Vec::new();
        for _ in 0..250 {
            self.keys(Key::Tab + "").await;
            let stop: Value = self.driver.execute(STOP, vec![]).await.expect("a focus").json().clone();
            let Some(at) = stop.as_array() else { break };
            let stop = (at[0].as_str().unwrap_or_default().to_owned(), at[1] == true, at[2] == true);
            stops.push(stop);
        }
        stops
    }

    /// Presses Tab until that element has the focus.
    async fn reach(&self, selector: &str) -> &Self {
        self.find(selector).await;
        let there = format!("return !!document.activeElement && document.activeElement.matches({selector:?})");
        for _ in 0..250 {
            self.keys(Key::Tab + "").await;
            let is: bool =
                self.driver.execute(there.clone(), vec![]).await.and_then(|is| is.convert()).expect("a focus");
            if is {
                return self;
            }
        }
        panic!("the Tab key does not reach {selector} at {}", self.at().await);
    }

    /// Types into the focused element.
    async fn keys(&self, text: impl Into<TypingData>) -> &Self {
        self.driver.action_chain().send_keys(text).perform().await.expect("keys");
        self
    }

    /// The id of the focused element.
    async fn focus(&self) -> String {
        self.driver
            .execute("return document.activeElement.id", vec![])
            .await
            .and_then(|id| id.convert())
            .expect("an id")
    }
}
