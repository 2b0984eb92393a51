//! On demand: from an empty installation to the first delivered event of a Chatwoot, with clicks counted.

use std::time::{Duration, Instant};

use super::{Browser, in_browser};
use crate::support::chatwoot::{ADMIN_TOKEN, Chatwoot};
use crate::support::{App, EMAIL, PASSWORD, Receiver};

/// What a person does, with the times of the keystroke-level model (Card, Moran and Newell 1980).
struct Person<'a> {
    browser: &'a Browser,
    clicks: u32,
    fields: u32,
    time: Duration,
}

/// Deciding, pointing, and pressing the button.
const CLICK: Duration = Duration::from_millis(1350 + 1100 + 200);
/// Deciding, and moving the hands to the keyboard and back.
const FIELD: Duration = Duration::from_millis(1350 + 800);
/// One key, by an average typist.
const KEY: Duration = Duration::from_millis(280);
/// The page from which the person copies the URL or the token: two clicks and two keys.
const COPY: Duration = Duration::from_millis(2 * (1350 + 1100 + 200) + 2 * 280);

impl Person<'_> {
    async fn click(&mut self, selector: &str) {
        self.browser.click(selector).await;
        self.clicks += 1;
        self.time += CLICK;
    }

    /// Selects a field and types.
    async fn types(&mut self, selector: &str, text: &str) {
        self.browser.fill(selector, text).await;
        self.fields += 1;
        self.time += CLICK + FIELD + KEY * u32::try_from(text.chars().count()).expect("a length");
    }

    /// Selects a field and pastes what is copied elsewhere.
    async fn pastes(&mut self, selector: &str, text: &str) {
        self.browser.fill(selector, text).await;
        self.fields += 1;
        self.time += CLICK + FIELD + KEY * 2 + COPY;
    }
}

#[tokio::test]
#[ignore = "on demand: needs chromium and chromedriver; measures the time from an empty installation to the first event"]
async fn on_demand_the_first_event_of_a_chatwoot_is_delivered_within_three_minutes() {
    in_browser("en", first_event).await;
}

async fn first_event(browser: Browser) {
    let begun = Instant::now();
    let (app, desk, receiver) = (App::start(), Chatwoot::start(), Receiver::start());
    let mut person = Person { browser: &browser, clicks: 0, fields: 0, time: Duration::ZERO };
    // The link is printed at the start.
    browser.open(&app.set_up_link()).await;
    person.time += COPY + KEY * 2;
    person.types("#f-user-name", "Olena").await;
    person.types("#f-email", EMAIL).await;
    person.types("#f-new-password", PASSWORD).await;
    person.click("main form button:not([type=button])").await;
    person.click("nav a[href='/chatwoot']").await;
    person.pastes("#f-chatwoot-url", &desk.url).await;
    person.pastes("#f-chatwoot-token", ADMIN_TOKEN).await;
    person.click("form:has(#f-chatwoot-token) button:not([type=button])").await;
    browser.await_words("Waiting for the first event", false).await;
    person.click("nav a[href='/webhooks']").await;
    person.click("main a[href='/webhooks/new']").await;
    person.pastes("#f-url", &receiver.at("/crm")).await;
    person.click("label:has(input[name=events][value=message_created])").await;
    person.click("form:has(#f-url) button:not([type=button])").await;
    browser.await_words("whsec_", false).await;
    // Chatwoot sends only events that are registered there.
    crate::support::eventually("the event of the webhook", || async {
        desk.webhook().subscriptions.iter().any(|name| name == "message_created").then_some(())
    })
    .await;
    let event = r#"{"event":"message_created","id":50212,"content":"Good day","inbox":{"id":7},"account":{"id":3}}"#;
    assert_eq!(desk.emit(event, None).await.status, 200);
    assert_eq!(receiver.first("/crm").await.body, event.as_bytes());
    let machine = begun.elapsed();
    let Person { clicks, fields, time, .. } = person;
    let seconds = time.as_secs();
    println!("{clicks} clicks and {fields} fields: {seconds} s for a person, {machine:.1?} for the test");
    assert!(time + machine < Duration::from_secs(180), "{time:?} + {machine:?}");
    let promise = format!("{clicks} clicks and {fields} fields");
    for document in ["README.md", "docs/guide/en/chatwoot.md"] {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(document);
        let text = std::fs::read_to_string(path).expect(document);
        let words: Vec<&str> = text.split_whitespace().collect();
        assert!(words.join(" ").contains(&promise), "{document} does not say: {promise}");
    }
}
