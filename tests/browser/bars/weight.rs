//! The bytes that a page transfers.

use super::super::{Browser, in_browser};
use super::pages::inside;
use super::world::World;
use crate::support::{EMAIL, PASSWORD};

/// Limit for the first page with everything that it loads, in bytes on the wire.
const FIRST_PAGE_BYTES_MAX: f64 = 36_000.0;
/// Limit for each later page.
const LATER_PAGE_BYTES_MAX: f64 = 8_000.0;

/// Requests of the first page: itself, the style sheet, two scripts, the icons of the page and that of the tab.
const FIRST_PAGE_REQUESTS_MAX: usize = 6;

/// Bytes on the wire of the page and of what it loaded, the addresses of other origins among them, and the requests.
const LOADED: &str = "const all = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
    return [all.reduce((sum, e) => sum + e.transferSize, 0), all.map(e => e.name).filter(n => !n.startsWith(location.origin)), all.length];";

#[tokio::test]
#[ignore = "needs chromium and chromedriver: tests/run"]
async fn pages_are_small_and_load_from_one_origin() {
    let world = World::new().await;
    in_browser("uk", |browser| async move {
        let url = world.app.url.clone();
        browser.open(&format!("{url}/sign-in")).await;
        let (first, foreign, requests) = browser.loaded().await;
        assert!(requests <= FIRST_PAGE_REQUESTS_MAX, "{requests} requests");
        assert!(first > 15_000.0, "the control: the first load is not empty: {first}");
        assert!(first <= FIRST_PAGE_BYTES_MAX && foreign.is_empty(), "the first load: {first} bytes, {foreign:?}");
        browser.sign_in(&url, EMAIL, PASSWORD).await;
        let mut faults = Vec::new();
        for (_, address) in inside(&world) {
            browser.open(&format!("{url}{address}")).await;
            let (bytes, foreign, _) = browser.loaded().await;
            if !(500.0..=LATER_PAGE_BYTES_MAX).contains(&bytes) || !foreign.is_empty() {
                faults.push(format!("{address}: {bytes} bytes, {foreign:?}"));
            }
        }
        assert!(faults.is_empty(), "{faults:#?}");
    })
    .await;
}

impl Browser {
    async fn loaded(&self) -> (f64, Vec<String>, usize) {
        self.driver.execute(LOADED, vec![]).await.and_then(|found| found.convert()).expect("a weight")
    }
}
