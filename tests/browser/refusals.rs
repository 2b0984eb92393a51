//! What the script does with requests that are refused, get no answer, or are repeated.

use super::{Browser, in_browser};
use crate::pages::accounts::ended_session::end_sessions;
use crate::support::{App, EMAIL, PASSWORD, Receiver, Reply, eventually};

impl Browser {
    /// Runs a script that returns a text.
    pub async fn says(&self, script: &str) -> String {
        self.driver.execute(script, vec![]).await.and_then(|found| found.convert()).expect(script)
    }

    /// Waits until the script returns a text with these words.
    pub async fn await_script(&self, script: &str, words: &str) {
        eventually(words, || async { self.says(script).await.contains(words).then_some(()) }).await;
    }
}

/// Class and text of the element with messages.
pub const MESSAGE: &str = "const e = document.querySelector('#live'); return e.className + ': ' + e.textContent;";

async fn world(browser: &Browser, receiver: &Receiver) -> App {
    let app = App::start();
    app.user(EMAIL, "admin", PASSWORD);
    browser.sign_in(&app.url, EMAIL, PASSWORD).await;
    app.api("admin")
        .webhook(
            &serde_json::json!({ "name": "CRM", "url": receiver.at("/crm"), "subscriptions": ["message_created"] }),
        )
        .await;
    app
}

/// Cuts the browser off from the server, or connects it again.
async fn offline(browser: &Browser, is: bool) {
    browser.cdp("Network.enable", serde_json::json!({})).await;
    let conditions =
        serde_json::json!({ "offline": is, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
    browser.cdp("Network.emulateNetworkConditions", conditions).await;
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver: tests/run"]
async fn nothing_typed_is_lost_and_each_message_is_true() {
    in_browser("en", |browser| async move {
        let receiver = Receiver::start();
        let app = world(&browser, &receiver).await;
        // The session ends while a form is filled in.
        browser.open(&format!("{}/webhooks/new", app.url)).await;
        browser.fill("#f-url", &receiver.at("/typed")).await;
        browser.click("label:has(input[name=auth][value=bearer])").await;
        browser.fill("#f-token", "typed-token").await;
        // Shown on request, and hidden again before it is sent.
        let kind = "return document.querySelector('#f-token').type";
        browser.click(".field:has(#f-token) .check").await;
        assert_eq!(browser.says(kind).await, "text");
        browser.click("label:has(input[name=events][value=message_created])").await;
        end_sessions(&app);
        browser.click(".bar .btn.primary").await;
        browser
            .await_script("return document.querySelector('#errsum').textContent", "What you typed is still here")
            .await;
        assert_eq!(browser.says("return document.activeElement.id").await, "errsum");
        assert_eq!(browser.says(kind).await, "password");
        let first = browser.driver.window().await.expect("a window");
        let sign_in = browser.says("return document.querySelector('#errsum a').href").await;
        let second = browser.driver.new_tab().await.expect("a tab");
        browser.driver.switch_to_window(second).await.expect("a tab");
        browser.open(&sign_in).await;
        browser.fill("#f-email", EMAIL).await;
        browser.fill("#f-password", PASSWORD).await;
        browser.click("form:has(#f-password) button").await;
        browser.find("nav a[href='/webhooks']").await;
        browser.driver.close_window().await.expect("closed");
        browser.driver.switch_to_window(first).await.expect("the first tab");
        browser.click(".bar .btn.primary").await;
        browser.await_at("/secret").await;

        // Another person's change: the typed token is still there.
        browser.open(&format!("{}/webhooks/1/edit", app.url)).await;
        browser.click("label:has(input[name=auth][value=bearer])").await;
        browser.fill("#f-token", "typed-token").await;
        app.run_sql("UPDATE webhooks SET version = version + 1");
        browser.click(".bar .btn.primary").await;
        browser.find("#h-conflict").await;
        assert_eq!(browser.says("return document.querySelector('#f-token').value").await, "typed-token");

        // After Back through htmx's history, messages are shown.
        browser.open(&format!("{}/webhooks", app.url)).await;
        let entries = "return String(history.length)";
        browser.fill("#q", "CR").await;
        browser.await_at("q=CR").await;
        assert!(!browser.at().await.contains("inbox="), "a filter that is not set: {}", browser.at().await);
        let before = browser.says(entries).await;
        browser.driver.execute("document.querySelector('#q').blur()", vec![]).await.expect("a blur");
        browser.click("select[name=state] option[value=active]").await;
        browser.await_at("state=active").await;
        browser.driver.back().await.expect("back");
        browser.await_script("return location.search + (document.querySelector('#q')?.value || '')", "CR").await;
        let after: usize = browser.says(entries).await.parse().expect("a number");
        assert_eq!(after, before.parse::<usize>().expect("a number") + 1, "leaving the field adds no entry");

        // A switch of a webhook that was deleted in the meantime.
        app.api("admin").delete("webhooks/1").await;
        browser.click("#sw-1").await;
        browser.await_script(MESSAGE, "toast bad: This no longer exists. It was deleted in the meantime.").await;
        assert_eq!(browser.says("return document.querySelector('#live a').textContent").await, "Reload the page");

        // The server is away.
        browser.open(&format!("{}/status", app.url)).await;
        offline(&browser, true).await;
        let poll =
            "htmx.ajax('GET', '/status', { source: '#status', target: '#status', swap: 'outerHTML' }); return ''";
        browser.says(poll).await;
        let verdict = "return document.querySelector('#h-verdict').innerText";
        browser.await_script(verdict, "The server is not responding. Data as of ").await;
        browser.await_script(MESSAGE, "toast bad: The server did not respond.").await;
        offline(&browser, false).await;
        browser.says(poll).await;
        browser.await_script(verdict, "Everything works").await;
        assert_eq!(browser.says(MESSAGE).await, "vh: ");
    })
    .await;
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver: tests/run"]
async fn a_test_shows_its_result_once_and_keeps_the_focus() {
    in_browser("uk", |browser| async move {
        let receiver = Receiver::start();
        let app = world(&browser, &receiver).await;
        let asking = Reply::Full(200, vec![("webhook-delivery", "disable".into())], Vec::new());
        receiver.answers("/crm", [Reply::Status(503), asking]);
        browser.appear(390, "light").await;
        browser.open(&format!("{}/webhooks/1/test", app.url)).await;
        // A double click is one test.
        browser.driver.execute("const b = document.querySelector('#send'); b.focus(); b.click(); b.click()", vec![]).await.expect("two clicks");
        browser.await_script(MESSAGE, "Тестову подію не доставлено").await;
        assert_eq!(browser.says("return document.activeElement.id").await, "send");
        assert_eq!(receiver.seen("/crm").len(), 1);
        let visible = "const seen = s => { const r = document.querySelector(s).getBoundingClientRect(); return r.top >= 0 && r.bottom <= innerHeight; };
            return String(seen('#result [data-verdict]') && seen('#again'))";
        assert_eq!(browser.says(visible).await, "true");
        browser.click("#again").await;
        receiver.await_requests("/crm", 2).await;
        browser.await_script("return document.activeElement.id", "again").await;
        browser.await_script(MESSAGE, "Отримувач прийняв подію").await;
        browser.await_script(MESSAGE, "перша справжня подія вимкне вебхук").await;
        browser.driver.execute("document.querySelector('#f-body').value = '{'", vec![]).await.expect("a body");
        browser.click("#send").await;
        browser.find("#errsum a[href='#f-body']").await;
        assert!(!browser.says("return document.querySelector('#result').textContent").await.contains("503"));
    })
    .await;
}
