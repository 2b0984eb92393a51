//! The checks of every page of a tour, and tests that each check finds a fault.

use serde_json::{Value, json};

use super::{Browser, in_browser};
use crate::support::App;

const AXE: &str = include_str!("../vendor/axe-core/axe.min.js");

const RUN: &str = "const done = arguments[arguments.length - 1];
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    // A bar that sticks covers fields only until the page is scrolled; axe would take them for hidden in part.
    document.querySelectorAll('main *').forEach(e => {
        if (getComputedStyle(e).position === 'sticky') e.style.position = 'static'; });
    axe.run(document, { runOnly: { type: 'tag', values: tags } }).then(
        found => done(found.violations.map(v => v.id + ': ' + v.nodes.map(n => n.html).join(' | '))),
        error => done(['axe failed: ' + error]));";

impl Browser {
    /// Asserts that all checks pass, in a wide light window and in a narrow dark one.
    pub async fn inspect(&self, what: &str) {
        for (width, scheme) in [(1280, "light"), (390, "dark")] {
            self.appear(width, scheme).await;
            let violations = self.axe().await;
            assert!(violations.is_empty(), "{what} at {width}, {scheme}:\n{}", violations.join("\n"));
        }
        self.appear(320, "light").await;
        assert!(self.overflow().await <= 0, "{what} is wider than 320 pixels by {}", self.overflow().await);
        self.appear(1280, "light").await;
        let faults = self.faults().await;
        assert!(faults.is_empty(), "{what}: {faults:?}");
    }

    /// Sets the width and the colour scheme.
    pub async fn appear(&self, width: u32, scheme: &str) {
        let metrics = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        self.cdp("Emulation.setDeviceMetricsOverride", metrics).await;
        // Without transitions: the contrast of a colour that is changing would be measured.
        let features = json!([
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ]);
        self.cdp("Emulation.setEmulatedMedia", json!({ "features": features })).await;
    }

    /// The violations that axe-core finds.
    pub async fn axe(&self) -> Vec<String> {
        self.driver.execute(AXE, vec![]).await.expect("axe-core");
        self.driver.execute_async(RUN, vec![]).await.and_then(|found| found.convert()).expect("violations")
    }

    /// By how many pixels the page is wider than the window.
    pub async fn overflow(&self) -> i64 {
        let script = "const e = document.documentElement; return e.scrollWidth - e.clientWidth;";
        self.driver.execute(script, vec![]).await.and_then(|width| width.convert()).expect("a width")
    }

    /// Violations of the content security policy and script errors since the page was loaded.
    pub async fn faults(&self) -> Vec<String> {
        self.driver.execute("return window.faults;", vec![]).await.and_then(|list| list.convert()).expect("faults")
    }
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver: tests/run"]
async fn every_check_finds_a_seeded_fault() {
    let app = App::start();
    let address = format!("{}/sign-in", app.url);
    in_browser("en", |browser| async move {
        browser.open(&address).await;
        assert_eq!(browser.faults().await, Vec::<String>::new());
        let seed = "const image = document.createElement('img'); image.src = '/static/none.png';
            document.querySelector('main, body').append(image);
            const wide = document.createElement('hr'); wide.setAttribute('style', 'width: 900px');
            document.body.append(wide);
            const line = document.createElement('script'); line.textContent = 'window.evil = 1';
            document.body.append(line);";
        browser.driver.execute(seed, vec![]).await.expect("a fault");
        let violations = browser.axe().await;
        assert!(violations.iter().any(|violation| violation.starts_with("image-alt")), "{violations:?}");
        let faults = browser.faults().await;
        assert!(faults.iter().any(|fault| fault.contains("script-src")), "{faults:?}");
        let widen = "document.querySelectorAll('hr').forEach(e => e.style.width = '900px')";
        browser.driver.execute(widen, vec![]).await.expect("a wide line");
        browser.appear(320, "light").await;
        assert!(browser.overflow().await > 0);
        let evil: Value =
            browser.driver.execute("return window.evil || null", vec![]).await.expect("a value").json().clone();
        assert_eq!(evil, Value::Null, "the policy blocked the inline script");
    })
    .await;
}
