//! axe-core, width, layout shifts, target sizes, policy and a picture of every page in every appearance.

use super::super::{Browser, in_browser};
use super::measures::WATCH_SHIFTS;
use super::pages::{Page, inside, outside};
use super::world::World;
use crate::support::{EMAIL, PASSWORD};

const APPEARANCES: [(u32, &str); 4] = [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")];

#[tokio::test]
#[ignore = "needs chromium and chromedriver: tests/run"]
async fn every_page_passes_in_english() {
    let world = World::new().await;
    in_browser("en", |browser| all(browser, world)).await;
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver: tests/run"]
async fn every_page_passes_in_ukrainian() {
    let world = World::new().await;
    in_browser("uk", |browser| all(browser, world)).await;
}

async fn all(browser: Browser, world: World) {
    let mut faults = Vec::new();
    browser.on_every_page(WATCH_SHIFTS).await;
    for page in outside(&world) {
        look(&browser, &world, (0, page), &mut faults).await;
    }
    browser.sign_in(&world.app.url, EMAIL, PASSWORD).await;
    for page in inside(&world).into_iter().enumerate() {
        look(&browser, &world, page, &mut faults).await;
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

async fn look(browser: &Browser, world: &World, (number, (route, address)): (usize, Page), faults: &mut Vec<String>) {
    let url = format!("{}{address}", world.app.url);
    let name = format!(
        "{number:02}-{}",
        route.trim_start_matches('/').replace(['/', '{', '}'], "-").replace("--", "-").trim_end_matches('-')
    );
    let mut note = |what: String| faults.push(format!("{address} in {}, {what}", browser.language));
    for (width, scheme) in APPEARANCES {
        browser.appear(width, scheme).await;
        browser.open(&url).await;
        for shift in browser.shifts().await {
            note(format!("{width}, {scheme}: the layout shifts: {shift}"));
        }
        if let Some(fault) = browser.crowded().await {
            note(format!("{width}, {scheme}: {fault}"));
        }
        for violation in browser.axe().await {
            note(format!("{width}, {scheme}: {violation}"));
        }
        browser.picture(&format!("pages/{name}-{}-{width}-{scheme}", browser.language)).await;
    }
    for small in browser.small_targets().await {
        note(format!("390: too small: {small}"));
    }
    for fault in browser.faults().await {
        note(format!("policy or script: {fault}"));
    }
    for (width, spaced) in [(320, false), (320, true)] {
        browser.appear(width, "light").await;
        if spaced {
            browser.space_out().await;
        }
        let words = if spaced { ", spaced out" } else { "" };
        if let Some(fault) = browser.crowded().await {
            note(format!("{width}{words}: {fault}"));
        }
        for cut in browser.cut_text().await {
            note(format!("{width}{words}: cut off: {cut}"));
        }
    }
}

impl Browser {
    /// Signs in through the form.
    pub async fn sign_in(&self, url: &str, email: &str, password: &str) {
        self.open(&format!("{url}/sign-in")).await;
        self.fill("#f-email", email).await;
        self.fill("#f-password", password).await;
        self.click("form:has(#f-password) button").await;
        self.find("nav a[href='/webhooks']").await;
    }

    /// Why the page does not fit its window, or elements do not fit their cells.
    pub async fn crowded(&self) -> Option<String> {
        let (over, out) = (self.overflow().await, self.outside_cells().await);
        match over > 0 {
            true => Some(format!("wider than the window by {over} pixels: {:?}", self.widest().await)),
            false => Some(out).filter(|out| !out.is_empty()).map(|out| format!("outside its cell: {out:?}")),
        }
    }

    /// The elements that are wider than the window.
    pub async fn widest(&self) -> Vec<String> {
        self.list(
            "const w = document.documentElement.clientWidth; return [...document.querySelectorAll('body *')]
                .filter(e => e.checkVisibility() && !e.closest('.vh, pre') && e.getBoundingClientRect().right > w + 1)
                .slice(0, 3).map(e => e.outerHTML.slice(0, 120).toWellFormed());",
        )
        .await
    }
}
