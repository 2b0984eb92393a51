use scraper::{Html, Node};
use serde_json::json;

use crate::house::routes;
use crate::pages::{good_form, made, make_webhook};
use crate::support::{App, PASSWORD, Page, Visitor, event_in};

/// The isolating characters around a name where no element can be.
const ISOLATED: [char; 2] = ['\u{2068}', '\u{2069}'];
/// Names that are written from right to left.
const HEBREW: [&str; 5] = ["הזמנות", "אתר", "אולנה", "מפתח", "כניסה"];

/// The places of a page where one of the names could change the direction of the text beside it.
fn loose(page: &Page) -> Vec<String> {
    let html = Html::parse_document(&page.body);
    let mut found = Vec::new();
    for node in html.tree.nodes() {
        match node.value() {
            Node::Text(text) => {
                let held = node.ancestors().any(|above| {
                    let element = above.value().as_element();
                    element.is_some_and(|element| ["bdi", "pre", "textarea"].contains(&element.name()))
                });
                found.extend(HEBREW.iter().filter(|name| !held && is_loose(text, name)).map(|_| text.to_string()));
            }
            Node::Element(element) => {
                for (name, value) in element.attrs() {
                    let own = name == "value"
                        && (element.attr("dir") == Some("auto") || element.attr("type") == Some("hidden"));
                    found.extend(HEBREW.iter().filter(|name| !own && is_loose(value, name)).map(|_| value.to_owned()));
                }
            }
            _ => {}
        }
    }
    found
}

fn is_loose(text: &str, name: &str) -> bool {
    let around = |(at, _): (usize, &str)| {
        let (before, after) = (&text[..at], &text[at + name.len()..]);
        before.matches(ISOLATED[0]).count() == before.matches(ISOLATED[1]).count() || !after.contains(ISOLATED[1])
    };
    text.match_indices(name).any(around)
}

#[tokio::test]
async fn a_right_to_left_name_changes_no_text_beside_it_on_any_page() {
    let app = App::start();
    let admin = app.admin().await;
    let form = good_form(&admin, "https://a.example.com/x").await.set("name", HEBREW[0]);
    let form = form.set("auth", "basic").set("basic_login", HEBREW[4]).set("basic_password", "p");
    made(&admin, form).await;
    let api = app.api("admin");
    api.post("inboxes", &json!({ "name": HEBREW[1], "external_id": "7" })).await;
    let event = api.accepted(event_in("message_created", 7)).await;
    let delivery = api.deliveries("").await[0]["id"].as_str().expect("an id").to_owned();
    let form = admin.open("/profile").await.form("#f-user-name");
    admin.submit(form.set("name", HEBREW[2])).await.leads_to();
    let form = admin.open("/tokens").await.form("#f-token-name");
    admin.submit(form.set("name", HEBREW[3])).await.leads_to();
    app.run_sql("UPDATE webhooks SET failing_since = 1, exhausted_at = 1, probe_at = 1");
    let mut shown = 0;
    for route in routes::pages().iter().filter(|route| route.methods.contains(&"get")) {
        let id = match route.path.split('/').nth(1) {
            Some("deliveries") => &delivery,
            Some("received") => &event,
            _ => "1",
        };
        let path = route.path.replace("{id}", id).replace("{name}", "message_created").replace("{token}", "0");
        for page in [admin.get(&path).await, admin.fetch(&path).await] {
            shown += HEBREW.iter().filter(|name| page.body.contains(**name)).count();
            assert_eq!(loose(&page), Vec::<String>::new(), "{path}");
        }
    }
    assert!(shown > 60, "the names are on the pages: {shown}");
    let copy = admin.open("/webhooks/new?from=1").await.form("#f-url");
    assert_eq!(copy.value("name"), format!("Copy of {}", HEBREW[0]));
}

#[tokio::test]
async fn forms_name_the_hidden_characters_that_they_refuse() {
    let app = App::start();
    let admin = app.admin().await;
    make_webhook(&admin, "https://a.example.com/x").await;
    let words = "Name must be one line of plain text. Type it instead of pasting it";
    for hidden in ["\0", "\t", "\u{202e}", "\u{200b}", "\u{feff}", "\u{3164}", "\u{2028}", "\u{fffe}"] {
        let bad = format!("Or{hidden}ders");
        for (page, field, slug) in [
            ("/webhooks/new", "f-name", "name"),
            ("/webhooks/1/edit", "f-name", "name"),
            ("/inboxes", "f-inbox-name", "inbox-name"),
            ("/tokens", "f-token-name", "token-name"),
            ("/users", "f-user-name", "user-name"),
            ("/profile", "f-user-name", "user-name"),
        ] {
            let form = admin.open(page).await.form(&format!("#{field}")).fill(field, &bad);
            let answer = admin.submit(form).await.expect(422);
            assert_eq!(answer.error(slug), words, "{page} {hidden:?}");
        }
        let form = admin.open("/inboxes").await.form("#f-inbox-name").fill("f-inbox-name", "Site");
        let answer = admin.submit(form.fill("f-external-id", &bad)).await.expect(422);
        assert!(answer.error("external-id").starts_with("This field must not contain invisible"), "{hidden:?}");
        let form = good_form(&admin, "https://b.example.com/").await.set("auth", "basic");
        let answer = admin.submit(form.set("basic_login", &bad).set("basic_password", "p")).await.expect(422);
        assert!(answer.error("login").starts_with("Login must not contain invisible characters"), "{hidden:?}");
        let form = good_form(&admin, &format!("https://b.example.com/a{hidden}b")).await;
        let answer = admin.submit(form).await.expect(422);
        assert!(answer.error("url").starts_with("The URL contains invisible characters"), "{hidden:?}");
    }
}

#[tokio::test]
async fn a_name_that_was_stored_with_hidden_characters_is_shown_without_them() {
    let app = App::start();
    let admin = app.admin().await;
    let api = app.api("admin");
    make_webhook(&admin, "https://a.example.com/x").await;
    api.post("inboxes", &json!({ "name": "Site", "external_id": "7" })).await;
    for table in ["webhooks", "inboxes", "users", "api_tokens"] {
        app.run_sql(&format!("UPDATE {table} SET name = 'Or\u{202e}der\u{200b}s'"));
    }
    let pages = [
        "/webhooks",
        "/webhooks/1",
        "/webhooks/1/delete",
        "/webhooks/1/edit",
        "/inboxes",
        "/tokens",
        "/users",
        "/deliveries",
    ];
    for path in pages {
        let page = admin.open(path).await;
        assert!(page.body.contains("Orders") && !page.body.contains(['\u{202e}', '\u{200b}']), "{path}");
    }
    assert_eq!(api.get("inboxes").await.json()["payload"][0]["name"], "Orders");
    for table in ["webhooks", "inboxes", "users", "api_tokens"] {
        app.run_sql(&format!("UPDATE {table} SET name = '\u{200b}'"));
    }
    for (path, selector, shown) in [
        ("/webhooks", "tbody .name", "a.example.com"),
        ("/inboxes", "tbody .name", "Inbox 1"),
        ("/users", "tbody .name", "admin@example.com"),
        ("/tokens", "tbody .name", "hk_"),
    ] {
        let text = admin.open(path).await.text(selector);
        assert!(text.starts_with(shown), "{path}: {text}");
    }
}

#[tokio::test]
async fn blanks_around_a_pasted_email_address_are_removed() {
    let app = App::start();
    let admin: Visitor = app.admin().await;
    let form = admin.open("/users").await.form("#f-email");
    admin.submit(form.fill("f-email", "\u{feff}Ann@Example.com\u{200b}")).await.leads_to();
    assert!(admin.open("/users").await.says("ann@example.com"));
    app.visitor().sign_in("\u{200b}admin@example.com\u{a0}", PASSWORD).await;
}
