//! Measures by scripts in the page; each has a control that must fail.

use serde_json::Value;

use super::super::{Browser, in_browser};
use super::world::World;
use crate::support::{App, EMAIL, PASSWORD, event_in};

/// Records every layout shift without user input, from the first paint on.
pub const WATCH_SHIFTS: &str = "window.shifts = [];
    new PerformanceObserver(list => { for (const e of list.getEntries()) if (!e.hadRecentInput)
        shifts.push(e.value.toFixed(4) + ' ' + e.sources.map(s => s.node && (s.node.id || s.node.className || s.node.nodeName))); })
        .observe({ type: 'layout-shift', buffered: true });";

/// Returns when two frames have been painted and the observers have reported.
const PAINTED: &str = "const done = arguments[arguments.length - 1];
    requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(window.shifts), 50)));";

/// Controls smaller than 24 by 24 CSS pixels (WCAG 2.5.8); links within a text are exempt.
const SMALL: &str = "const inline = e => e.matches('a') && getComputedStyle(e).display === 'inline'
        && [...e.parentNode.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    return [...document.querySelectorAll('a[href],button,input:not([type=hidden]),select,textarea,summary')]
        .filter(e => e.checkVisibility({ visibilityProperty: true }) && !inline(e) && !e.closest('.vh, .skip'))
        .map(e => [e.closest('label') || e, e]).map(([box, e]) => [box.getBoundingClientRect(), e])
        .filter(([r]) => r.width > 1 && (r.width < 24 || r.height < 23.5))
        .map(([r, e]) => Math.round(r.width) + 'x' + Math.round(r.height) + ' ' + e.outerHTML.slice(0, 90).toWellFormed());";

/// Elements whose text is cut off without an ellipsis.
const CUT: &str = "return [...document.querySelectorAll('main *, header *')]
        .filter(e => e.checkVisibility() && !e.closest('.vh, svg, pre, input, textarea, select') && e.children.length === 0)
        .filter(e => { const s = getComputedStyle(e);
            return /hidden|clip/.test(s.overflowX) && s.textOverflow !== 'ellipsis' && e.scrollWidth > e.clientWidth + 1; })
        .map(e => e.outerHTML.slice(0, 90).toWellFormed());";

/// Elements that reach out of their table cell, card or heading, and so over what is beside it.
const OUTSIDE: &str = "const box = e => e.closest('td') || e.closest('.card, .head, .crumbs, .notice');
    const hides = (e, end) => { for (let p = e.parentElement; p && p !== end; p = p.parentElement)
        if (getComputedStyle(p).overflowX !== 'visible') return true; return false; };
    return [...document.querySelectorAll('main *')]
        .filter(e => e.checkVisibility() && !e.matches('.switch') && !e.closest('.vh, svg, select'))
        .filter(e => { const c = box(e.parentElement); if (!c || hides(e, c)) return false;
            const r = e.getBoundingClientRect(), k = c.getBoundingClientRect();
            return r.width > 1 && (r.right > k.right + 1 || r.left < k.left - 1); })
        .slice(0, 3).map(e => e.outerHTML.slice(0, 120).toWellFormed());";

/// Text spacing as in WCAG 1.4.12.
const SPACED: &str = "const sheet = new CSSStyleSheet();
    sheet.replaceSync('* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important } p { margin-bottom: 2em !important }');
    document.adoptedStyleSheets = [sheet];";

impl Browser {
    /// Layout shifts since the page was loaded.
    pub async fn shifts(&self) -> Vec<String> {
        self.driver.execute_async(PAINTED, vec![]).await.and_then(|found| found.convert()).expect("shifts")
    }

    /// Controls that are too small.
    pub async fn small_targets(&self) -> Vec<String> {
        self.list(SMALL).await
    }

    /// Elements whose text is cut off.
    pub async fn cut_text(&self) -> Vec<String> {
        self.list(CUT).await
    }

    /// Elements that reach out of their cell or card.
    pub async fn outside_cells(&self) -> Vec<String> {
        self.list(OUTSIDE).await
    }

    /// Applies the text spacing.
    pub async fn space_out(&self) {
        self.driver.execute(SPACED, vec![]).await.expect("a sheet");
    }

    /// Runs a script that returns a list of texts.
    pub async fn list(&self, script: &str) -> Vec<String> {
        self.driver.execute(script, vec![]).await.and_then(|found| found.convert()).expect("a list")
    }
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver: tests/run"]
async fn every_measure_finds_a_seeded_fault() {
    let app = App::start();
    let address = format!("{}/sign-in", app.url);
    in_browser("en", |browser| async move {
        browser.on_every_page(WATCH_SHIFTS).await;
        browser.open(&address).await;
        assert_eq!(browser.shifts().await, Vec::<String>::new());
        assert_eq!(browser.small_targets().await, Vec::<String>::new());
        assert_eq!(browser.cut_text().await, Vec::<String>::new());
        let seed = "const block = document.createElement('p'); block.textContent = 'pushed in';
            block.style.cssText = 'height: 200px; width: 3em; overflow: hidden; white-space: nowrap';
            const tiny = document.createElement('button'); tiny.style.cssText = 'width: 10px; height: 10px; padding: 0';
            requestAnimationFrame(() => { document.querySelector('main').prepend(block); document.body.append(tiny); });";
        browser.driver.execute(seed, vec![]).await.expect("a fault");
        browser.find("main > p + *").await;
        assert!(!browser.shifts().await.is_empty(), "an inserted block is a shift");
        assert_eq!(browser.small_targets().await.len(), 1);
        assert_eq!(browser.cut_text().await.len(), 1);
        assert_eq!(browser.outside_cells().await, Vec::<String>::new());
        let wide = "const word = document.createElement('b'); word.textContent = 'W'.repeat(120);
            word.style.whiteSpace = 'nowrap';
            document.querySelector('.card').append(word);";
        browser.driver.execute(wide, vec![]).await.expect("a wide word");
        assert_eq!(browser.outside_cells().await.len(), 1);
        let unlike: Value = browser.driver.execute("return getComputedStyle(document.body).letterSpacing", vec![]).await.expect("a style").json().clone();
        browser.space_out().await;
        let spaced: Value = browser.driver.execute("return getComputedStyle(document.body).letterSpacing", vec![]).await.expect("a style").json().clone();
        assert_ne!(unlike, spaced, "the text spacing is applied");
    })
    .await;
}

/// Content that a poll adds does not move what is already shown.
#[tokio::test]
#[ignore = "needs chromium and chromedriver: tests/run"]
async fn a_poll_shifts_no_content() {
    let world = World::new().await;
    in_browser("uk", |browser| async move {
        browser.on_every_page(WATCH_SHIFTS).await;
        browser.sign_in(&world.app.url, EMAIL, PASSWORD).await;
        browser.open(&format!("{}/webhooks/1", world.app.url)).await;
        assert_eq!(browser.shifts().await, Vec::<String>::new());
        let id = world.api().accepted(event_in("assignee_changed", 7)).await;
        let (event, _) = (id, browser.find("#recent td[title='assignee_changed']").await);
        assert_eq!(browser.shifts().await, Vec::<String>::new(), "{event} came into the page");
    })
    .await;
}
