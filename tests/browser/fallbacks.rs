//! Browsers of the floor (README, "Browsers") lack some features: each fallback is seen with its feature switched off.

use super::refusals::MESSAGE;
use super::{Browser, in_browser};
use crate::support::{App, EMAIL, PASSWORD, Receiver};

/// Replaces the style sheet by one in which the browser does not know some words.
fn without(words: &[(&str, &str)]) -> String {
    let words = serde_json::to_string(words).expect("json");
    format!(
        "document.addEventListener('DOMContentLoaded', async () => {{
            const link = document.querySelector('link[rel=stylesheet]');
            let text = await (await fetch(link.href)).text();
            for (const [old, unknown] of {words}) text = text.replaceAll(old, unknown);
            const sheet = new CSSStyleSheet();
            sheet.replaceSync(text);
            link.disabled = true;
            document.adoptedStyleSheets = [sheet];
            document.documentElement.id = 'old';
        }});"
    )
}

impl Browser {
    async fn check(&self, script: &str) {
        let found: String = self.driver.execute(script, vec![]).await.and_then(|found| found.convert()).expect(script);
        assert_eq!(found, "", "{script}");
    }
}

async fn signed_in(browser: &Browser) -> App {
    let (app, receiver) = (App::start(), Receiver::start());
    app.user(EMAIL, "admin", PASSWORD);
    browser.sign_in(&app.url, EMAIL, PASSWORD).await;
    for name in ["First", "Second"] {
        let body = serde_json::json!({ "name": name, "url": receiver.at(&format!("/{name}")), "subscriptions": ["message_created"] });
        app.api("admin").webhook(&body).await;
    }
    app
}

/// The menu of the second row is at its button.
const AT_ITS_BUTTON: &str =
    "const menu = document.querySelector('#m-2'), b = document.querySelector('#mb-2').getBoundingClientRect();
    const m = menu.getBoundingClientRect();
    const gap = Math.min(Math.abs(m.top - b.bottom), Math.abs(b.top - m.bottom));
    return gap < 16 && m.right > b.left - 80 && m.right <= innerWidth ? '' : JSON.stringify([m, b]);";

#[tokio::test]
#[ignore = "needs chromium and chromedriver: tests/run"]
async fn pages_are_whole_without_anchors_popovers_and_has() {
    in_browser("en", |browser| async move {
        let app = signed_in(&browser).await;
        let list = format!("{}/webhooks", app.url);
        browser.open(&list).await;
        browser.click("#mb-2").await;
        browser.check(AT_ITS_BUTTON).await;
        // Chromium 144 to 150 do not anchor a popover to its button unless the style sheet says so.
        browser
            .check(
                "return getComputedStyle(document.querySelector('#m-2')).positionAnchor === 'auto' ? '' : 'no anchor'",
            )
            .await;

        browser.on_every_page(&without(&[("position-area", "x-area"), (":has(", ":x-has(")])).await;
        browser.on_every_page("CSS.supports = () => false;").await;
        browser.open(&list).await;
        browser.find("#old").await;
        browser.click("#mb-2").await;
        browser.check(AT_ITS_BUTTON).await;
        browser.open(&format!("{}/webhooks/new", app.url)).await;
        browser.find("#old").await;
        for field in ["#f-token", "#f-login", "#f-custom-name"] {
            assert!(browser.shows(field).await, "{field}");
        }

        let popovers =
            "document.addEventListener('DOMContentLoaded', () => document.querySelectorAll('[popover]').forEach(e => {
            e.removeAttribute('popover'); e.dataset.popover = ''; }));";
        browser.on_every_page(popovers).await;
        browser.on_every_page(&without(&[(":popover-open", ":x-open"), ("[popover]", "[data-popover]")])).await;
        for width in [1280, 390] {
            browser.appear(width, "light").await;
            browser.open(&list).await;
            browser.find("#old").await;
            browser.check("return document.adoptedStyleSheets.length ? '' : 'no sheet'").await;
            assert!(browser.shows("nav a[href='/status']").await && !browser.shows("#m-2").await);
            assert!(!browser.shows("#mb-2").await && browser.overflow().await <= 0);
        }
    })
    .await;
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver: tests/run"]
async fn copying_works_over_plain_http_or_says_that_it_did_not() {
    in_browser("uk", |browser| async move {
        let app = signed_in(&browser).await;
        // As over http to any name but localhost.
        browser.on_every_page("Object.defineProperty(navigator, 'clipboard', { value: undefined });").await;
        // The message leaves after 6 s, here 120 ms, unless it is pointed at; its text stays for screen readers.
        browser.on_every_page("const wait = setTimeout; window.setTimeout = (f, ms) => wait(f, ms / 50);").await;
        browser.open(&format!("{}/webhooks/1", app.url)).await;
        let hovered = "const e = document.querySelector('#live'); e.matches = () => window.hovered; window.hovered = true; return ''";
        browser.check(hovered).await;
        browser.click("[data-copy='#url']").await;
        browser.await_words("Скопійовано", false).await;
        tokio::time::sleep(std::time::Duration::from_millis(400)).await;
        browser.await_script(MESSAGE, "toast: Скопійовано").await;
        browser.check("window.hovered = false; return ''").await;
        browser.await_script(MESSAGE, "vh: Скопійовано").await;
        browser.driver.execute("document.execCommand = () => false", vec![]).await.expect("no copying");
        browser.click("[data-copy='#url']").await;
        browser.await_words("Браузер не дозволив скопіювати", false).await;
        browser.check("const s = String(getSelection()).replaceAll('\\n', ''); return s === document.querySelector('#url').textContent ? '' : s").await;
        // A secret that was shown once does not come back from the cache of *Back*.
        browser.open(&format!("{}/webhooks/1/secret", app.url)).await;
        browser.click("form:has([name=overlap]) button").await;
        browser.find("#key").await;
        browser.driver.execute("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))", vec![]).await.expect("an event");
        crate::support::eventually("the page is loaded again", || async {
            let keys = browser.driver.find_all(thirtyfour::By::Css("#key")).await.ok()?;
            keys.is_empty().then_some(())
        })
        .await;
    })
    .await;
}

/// What a page on paper does not have, as far as it is shown; then what of its tables is cut off or not shown.
const ON_PAPER: &str = "
    const shown = selector => [...document.querySelectorAll(selector)].filter(e => e.getClientRects().length);
    const controls = shown('.side, .tabs, .filters, .btn, .linkbtn, .menu').map(e => e.className);
    const cells = [...document.querySelectorAll('.lines :is(th, td)')].filter(e => !e.closest('.c-id'));
    const cut = cells.filter(e => !e.getClientRects().length || e.scrollWidth > e.clientWidth + 1);
    const tables = [...document.querySelectorAll('.lines')].filter(e => getComputedStyle(e).display !== 'table');
    return [...controls, ...cut.map(e => e.textContent), ...tables.map(() => 'no table')].join('; ');";

#[tokio::test]
#[ignore = "needs chromium and chromedriver: tests/run"]
async fn a_printed_page_has_its_tables_but_no_menu_and_no_buttons() {
    in_browser("uk", |browser| async move {
        let app = signed_in(&browser).await;
        app.api("admin").accepted(crate::support::event("message_created")).await;
        // The width of A4 between its margins.
        browser.appear(718, "light").await;
        for path in ["/webhooks", "/deliveries", "/received"] {
            browser.open(&format!("{}{path}", app.url)).await;
            let on_screen: String =
                browser.driver.execute(ON_PAPER, vec![]).await.expect("a list").convert().expect("text");
            assert!(on_screen.contains("btn") && on_screen.contains("side"), "the control: {on_screen}");
            browser.cdp("Emulation.setEmulatedMedia", serde_json::json!({ "media": "print" })).await;
            browser.check(ON_PAPER).await;
            browser.cdp("Emulation.setEmulatedMedia", serde_json::json!({ "media": "" })).await;
        }
    })
    .await;
}
