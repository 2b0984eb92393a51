//! Names and URLs of any length and script fit everywhere.

use super::super::in_browser;
use super::world::{LONG, World};
use crate::support::{EMAIL, PASSWORD};

/// The pages that `look` opens for short names, here for the longest ones; the lists hold both.
#[tokio::test]
#[ignore = "needs chromium and chromedriver: tests/run"]
async fn every_name_and_every_url_fits() {
    let world = World::new().await;
    in_browser("en", move |browser| async move {
        let url = &world.app.url;
        browser.sign_in(url, EMAIL, PASSWORD).await;
        let newest = format!("webhook={LONG}");
        let delivery = world.api().deliveries(&newest).await[0].clone();
        let text = |key: &str| delivery[key].as_str().expect(key).to_owned();
        let mut pages = vec![
            "/webhooks".to_owned(),
            "/inboxes".to_owned(),
            "/received".to_owned(),
            "/users".to_owned(),
            format!("/deliveries?{newest}"),
            format!("/deliveries/resend?{newest}"),
            format!("/deliveries/{}", text("id")),
            format!("/received/{}", text("event_id")),
        ];
        for id in LONG..LONG + 4 {
            let parts = ["", "/edit", "/test", "/secret", "/delete"];
            pages.extend(parts.iter().take(if id == LONG + 1 { 5 } else { 2 }).map(|part| format!("/webhooks/{id}{part}")));
        }
        let mut faults = Vec::new();
        for page in pages {
            browser.open(&format!("{url}{page}")).await;
            for width in [1280, 390, 320] {
                browser.appear(width, "light").await;
                faults.extend(browser.crowded().await.map(|fault| format!("{page} at {width}: {fault}")));
            }
        }
        assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));

        browser.open(&format!("{url}/webhooks")).await;
        browser.appear(1280, "light").await;
        let lines = "return [...document.querySelectorAll('.list .name > bdi')].filter(e =>
            e.getBoundingClientRect().height > 2.2 * parseFloat(getComputedStyle(e).lineHeight)).map(e => e.textContent);";
        assert_eq!(browser.list(lines).await, Vec::<String>::new(), "a name has at most two lines");
        let ends = format!("#wh-{} .cut", LONG + 1);
        let shown = browser.find(&format!("{ends} > :last-child")).await;
        assert_eq!(shown.text().await.expect("a text"), "aaaaaaaaaa/end");
        let whole = browser.find(&ends).await.attr("title").await.ok().flatten().expect("a title");
        assert_eq!(whole.len(), 2048);
    })
    .await;
}
