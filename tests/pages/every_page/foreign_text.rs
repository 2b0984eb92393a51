use serde_json::json;

use crate::delivery::after_attempt;
use crate::pages::{good_form, made};
use crate::support::{App, Receiver, Reply};

const EVIL: [&str; 6] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<div hx-get=/sign-out hx-trigger=load>",
    "'-alert(1)-'",
    "</textarea></pre><b id=evil>\u{1b}[31m\u{2028}]]>",
];

#[tokio::test]
async fn foreign_text_stays_text_on_every_page() {
    let (app, receiver) = (App::start(), Receiver::start());
    let admin = app.admin().await;
    let api = app.api("admin");
    let all = EVIL.join(" ");
    let headers = vec![("x-evil", EVIL[1].to_owned())];
    receiver.answers("/a", [Reply::Full(500, headers, [all.as_bytes(), b"\xff\xfe"].concat())]);
    let name: String = EVIL[..3].join(" ");
    let form = good_form(&admin, &receiver.at("/a")).await.set("name", &name);
    let (id, page) = made(&admin, form).await;
    let body = json!({ "event": "message_created", "content": all, "inbox": { "id": 7, "name": EVIL[1] } });
    api.accepted(body.to_string()).await;
    let delivery = after_attempt(&api, 1).await;
    let delivery = format!("/deliveries/{}", delivery["id"].as_str().unwrap_or_default());
    let mut pages = vec![page];
    for path in [
        "/webhooks",
        "/webhooks/new",
        "/deliveries",
        "/inboxes",
        &delivery,
        &format!("/webhooks/{id}"),
        &format!("/webhooks/{id}/edit"),
        &format!("/webhooks/{id}/delete"),
        &format!("/webhooks/{id}/test"),
        &format!("/webhooks?q={}", url::form_urlencoded::byte_serialize(all.as_bytes()).collect::<String>()),
        &format!("/deliveries?q={}", url::form_urlencoded::byte_serialize(all.as_bytes()).collect::<String>()),
    ] {
        pages.push(admin.open(path).await);
    }
    for page in pages {
        for selector in ["script:not([src])", "[onerror]", "[onload]", "#evil", "img[src=x]", "[hx-trigger=load]"] {
            assert!(!page.has(selector), "{selector} on {}", page.path);
        }
    }
    assert!(admin.open(&delivery).await.says("<script>alert(1)</script>"), "it is shown unchanged");
}
