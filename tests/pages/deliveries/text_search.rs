use serde_json::json;

use crate::pages::{good_form, made};
use crate::support::App;

#[tokio::test]
async fn a_search_ignores_case_and_composition() {
    let app = App::start();
    let (admin, api) = (app.admin().await, app.api("admin"));
    let stored = ["Київ", "Straße", "ΟΔΟΣ", "İstanbul", "cafe\u{301}"];
    for (place, name) in stored.iter().enumerate() {
        let form = good_form(&admin, &format!("https://h{place}.example.com/")).await.set("name", name);
        made(&admin, form).await;
    }
    for (place, name) in stored.iter().enumerate() {
        api.accepted(json!({ "event": "message_created", "content": format!("{name} {place}") }).to_string()).await;
    }
    let searched = async |path: &str, text: &str| {
        let text: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
        admin.open(&format!("{path}?q={text}")).await.texts("tbody tr:not(.day)").len()
    };
    for (text, webhooks) in [
        ("КИ\u{406}\u{308}В", 1),
        ("ки\u{456}\u{308}в", 1),
        ("КИЇВ", 1),
        ("STRASSE", 1),
        ("straße", 1),
        ("οδος", 1),
        ("istanbul", 1),
        ("CAFÉ", 1),
        ("ки\u{200b}їв\u{feff}", 1),
        ("Киі", 0),
    ] {
        assert_eq!(searched("/webhooks", text).await, webhooks, "{text}");
        // Each of the five webhooks got the event.
        assert_eq!(searched("/deliveries", text).await, 5 * webhooks, "{text}");
    }
    let encoded: String = url::form_urlencoded::byte_serialize("ки\u{456}\u{308}в".as_bytes()).collect();
    assert_eq!(api.deliveries(&format!("q={encoded}")).await.len(), 5);
}
