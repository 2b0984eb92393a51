use reqwest::Method;
use serde_json::{Value, json};

use crate::pages::good_form;
use crate::support::{Answer, App, Receiver, webhook};

/// NUL, tab, change of direction, zero-width and invisible characters, paragraph separator, language tag.
const HIDDEN: [&str; 9] =
    ["\0", "\t", "\u{202e}", "\u{200b}", "\u{feff}", "\u{3164}", "\u{2029}", "\u{2066}", "\u{e0041}"];
/// Characters that are often copied together with a text.
const AROUND: [&str; 6] = ["\u{200b}", "\u{feff}", "\u{a0}", "\u{2060}", "\u{200e}", "\u{ad}"];

async fn names(api: &crate::support::Api) -> Vec<Value> {
    let inboxes = api.get("inboxes").await.json();
    inboxes["payload"].as_array().expect("a list").iter().map(|inbox| inbox["name"].clone()).collect()
}

#[tokio::test]
async fn an_inbox_name_of_an_event_is_stored_without_hidden_characters() {
    let app = App::start();
    let api = app.api("admin");
    for (place, hidden) in HIDDEN.iter().enumerate() {
        let name = format!("{hidden}Or{hidden}ders {place}{hidden}");
        let body = json!({ "event": "message_created", "inbox": { "id": format!("{hidden}{place}"), "name": name } });
        api.accepted(body.to_string()).await;
    }
    let mut expected: Vec<_> = (0..HIDDEN.len()).map(|place| json!(format!("Orders {place}"))).collect();
    expected[1] = json!("Or ders 1");
    expected[6] = json!("Or ders 6");
    let mut found = names(&api).await;
    found.sort_by_key(ToString::to_string);
    expected.sort_by_key(ToString::to_string);
    assert_eq!(found, expected);
    let long = json!({ "event": "message_created", "inbox": { "id": 99, "name": "я\u{200b}".repeat(500) } });
    api.accepted(long.to_string()).await;
    assert!(names(&api).await.contains(&json!("я".repeat(120))));
}

#[tokio::test]
async fn an_unnamed_inbox_gets_the_first_name_of_an_event_unless_a_person_named_it() {
    let app = App::start();
    let (api, admin) = (app.api("admin"), app.admin().await);
    let send = async |id: u8, name: Option<&str>| {
        let inbox = name.map_or(json!({ "id": id }), |name| json!({ "id": id, "name": name }));
        api.accepted(json!({ "event": "message_created", "inbox": inbox }).to_string()).await;
    };
    for id in [1, 2, 3] {
        send(id, None).await;
    }
    assert_eq!(names(&api).await, ["Inbox 1", "Inbox 2", "Inbox 3"]);
    send(1, Some("\u{200b}\0")).await;
    send(1, None).await;
    send(1, Some("Website")).await;
    send(1, Some("Another")).await;
    let inboxes = api.get("inboxes").await.json()["payload"].clone();
    let of = |external: &str| {
        let mut all = inboxes.as_array().expect("a list").iter();
        all.find(|inbox| inbox["external_id"] == external).expect("an inbox")["id"].clone()
    };
    // A person renames inbox two; of inbox three a person changes something else.
    let answer = api.patch(&format!("inboxes/{}", of("2")), &json!({ "name": "Telegram" })).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let form = admin.open(&format!("/inboxes/{}/edit", of("3"))).await.form("#f-inbox-name");
    admin.submit(form.fill("f-channel-type", "Channel::Api")).await.leads_to();
    send(2, Some("Another")).await;
    send(3, Some("Viber")).await;
    assert_eq!(names(&api).await, ["Telegram", "Viber", "Website"]);
}

#[tokio::test]
async fn the_api_names_the_hidden_characters_that_it_refuses() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    for hidden in HIDDEN {
        let bad = format!("a{hidden}b");
        let mut hook = webhook(&receiver.at("/a"));
        hook["name"] = json!(bad);
        let mut basic = webhook(&receiver.at("/a"));
        basic["authorization"] = json!({ "type": "basic", "login": bad, "password": "p" });
        for (path, body, words) in [
            ("webhooks", hook, "Name must be one line of plain text"),
            ("webhooks", basic, "Login must not contain invisible characters"),
            ("webhooks", webhook(&receiver.at(&format!("/a{hidden}b"))), "The URL contains invisible characters"),
            ("inboxes", json!({ "name": bad }), "Name must be one line of plain text"),
            ("inboxes", json!({ "name": "a", "external_id": bad }), "This field must not contain invisible characters"),
            ("inboxes", json!({ "name": "a", "channel_type": bad }), "This field must not contain invisible"),
        ] {
            let answer = api.post(path, &body).await;
            let message = answer.json()["message"].as_str().unwrap_or_default().to_owned();
            assert!(answer.status == 422 && message.starts_with(words), "{hidden:?} {body}: {answer:?}");
        }
    }
    assert_eq!(api.get("webhooks").await.json()["payload"]["webhooks"], json!([]));
}

#[tokio::test]
async fn blanks_and_hidden_characters_around_a_pasted_value_are_removed() {
    let (app, receiver) = (App::start(), Receiver::start());
    let (api, admin) = (app.api("admin"), app.admin().await);
    for (place, around) in AROUND.into_iter().enumerate() {
        let path = format!("/{place}");
        let pasted = |text: &str| format!("{around}{text}{around}");
        let form = good_form(&admin, &pasted(&receiver.at(&path))).await.set("auth", "bearer");
        let form = form.set("bearer_token", &pasted("t0ken")).set("secret", &pasted("abcdefghijklmnopqrstuvwx"));
        let form = form.tick("headers[0][name]", &pasted("X-Team")).tick("headers[0][value]", &pasted("two words"));
        admin.submit(form).await.leads_to();
        let mut basic = webhook(&pasted(&receiver.at(&format!("{path}/basic"))));
        basic["authorization"] = json!({ "type": "basic", "login": pasted("anna"), "password": pasted(" p ") });
        api.webhook(&basic).await;
        let mut custom = webhook(&pasted(&receiver.at(&format!("{path}/custom"))));
        custom["authorization"] = json!({ "type": "custom", "header": pasted("X-Key"), "value": pasted("s3cret") });
        api.webhook(&custom).await;
    }
    api.accepted(r#"{"event":"message_created"}"#).await;
    for place in 0..AROUND.len() {
        let request = receiver.first(&format!("/{place}")).await;
        assert_eq!(request.header("authorization"), "Bearer t0ken", "{place}");
        assert_eq!(request.header("x-team"), "two words", "{place}");
        assert!(crate::delivery::signed_by(&request, "whsec_YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4"), "{place}");
        let request = receiver.first(&format!("/{place}/basic")).await;
        // "anna: p ", with the blanks that may be part of a password.
        assert_eq!(request.header("authorization"), "Basic YW5uYTogcCA=", "{place}");
        let request = receiver.first(&format!("/{place}/custom")).await;
        assert_eq!(request.header("x-key"), "s3cret", "{place}");
    }
}

/// Postgres cannot store U+0000 in a text, so a retry of such a request would never succeed.
#[tokio::test]
async fn a_nul_in_the_api_is_never_503() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    let made = api.webhook(&webhook(&receiver.at("/a"))).await;
    let nul = "a\0b";
    for body in [
        json!({ "event": nul }),
        json!({ "event": "message_created", "inbox_id": nul, "inbox": { "id": nul, "name": nul } }),
        json!({ "event": "message_created", nul: nul, "conversation": { "inbox_id": nul } }),
        json!({ "event": "conversation_updated", "changed_attributes": [{ nul: nul, "custom_attributes": nul }] }),
    ] {
        let status = api.send(body.to_string()).await.status;
        assert!([202, 422].contains(&status), "{body}: {status}");
    }
    let (hook, inbox) = (format!("webhooks/{}", made["id"]), json!({ "name": nul, "external_id": nul }));
    let fields = json!({ "name": nul, "url": nul, "subscriptions": [nul], "secret": nul, "timeout_s": nul,
        "inbox_ids": [nul], "headers": { nul: nul, "x-a": nul },
        "authorization": { "type": "custom", "header": nul, "value": nul } });
    for name in fields.as_object().expect("an object").keys() {
        let mut one = webhook(&receiver.at("/b"));
        one[name] = fields[name].clone();
        for (method, path) in [(Method::POST, "webhooks"), (Method::PATCH, hook.as_str())] {
            let status = api.call(method.clone(), path, &one).await.status;
            assert!((400..500).contains(&status) || name == "secret" && method == Method::PATCH, "{name}: {status}");
        }
    }
    for (path, body) in [
        ("inboxes".to_owned(), inbox),
        (format!("{hook}/test"), json!({ "event": nul })),
        (format!("{hook}/secret"), json!({ "overlap": nul })),
        (format!("{hook}/recoveries"), json!({ "since": nul })),
    ] {
        let status = api.post(&path, &body).await.status;
        assert!((400..500).contains(&status), "{path}: {status}");
    }
    let test = api.post(&format!("{hook}/test"), &json!({ "event": "message_created", "body": { nul: nul } })).await;
    assert_eq!(test.status, 200, "{test:?}");
    let names = ["webhook", "status", "event", "inbox", "from", "to", "q", "cursor", "limit", "period", "test"];
    for path in names.map(|name| format!("deliveries?{name}=a%00b")).into_iter().chain([
        "received?inbox=%00".to_owned(),
        "deliveries/%00".to_owned(),
        "webhooks/%00".to_owned(),
        "inboxes/%00".to_owned(),
    ]) {
        let status = api.get(&path).await.status;
        assert!(status < 500, "{path}: {status}");
    }
    for (name, value) in [("idempotency-key", b"a\xc0\x80".as_slice()), ("authorization", b"Bearer a\xff")] {
        let request =
            api.event_request("{}").header(name, reqwest::header::HeaderValue::from_bytes(value).expect("bytes"));
        assert!(Answer::of(request).await.status < 500, "{name}");
    }
}

#[tokio::test]
async fn a_nul_in_a_form_or_an_address_is_never_503() {
    let app = App::start();
    let (admin, stranger) = (app.admin().await, app.visitor());
    app.api("admin").post("inboxes", &json!({ "name": "Site", "external_id": "7" })).await;
    good_webhook(&admin).await;
    let nul = "a\0b";
    for (visitor, page, selector) in [
        (&stranger, "/sign-in", "[name=password]"),
        (&admin, "/webhooks/new", "#f-url"),
        (&admin, "/webhooks/1/edit", "#f-url"),
        (&admin, "/webhooks/1/test", "#f-body"),
        (&admin, "/webhooks/1/verify", "#f-body"),
        (&admin, "/inboxes", "#f-inbox-name"),
        (&admin, "/inboxes/1/edit", "#f-inbox-name"),
        (&admin, "/tokens", "#f-token-name"),
        (&admin, "/users", "#f-email"),
        (&admin, "/profile", "#f-user-name"),
        (&admin, "/profile", "[name=current_password]"),
        (&admin, "/settings", "#f-substatus"),
        (&admin, "/deliveries", "#q"),
        (&admin, "/deliveries/resend", "#f-since"),
        (&admin, "/received", "[name=event]"),
        (&admin, "/webhooks", "#q"),
    ] {
        let Some(form) = visitor.open(page).await.find_form(selector) else { continue };
        let mut filled = form.clone();
        for (name, _) in form.fields.iter().filter(|(name, _)| name != "_csrf") {
            filled = filled.set(name, nul);
            let status = visitor.submit(form.clone().set(name, nul)).await.status;
            assert!(status < 500, "{page} {name}: {status}");
        }
        let status = visitor.submit(filled).await.status;
        assert!(status < 500, "{page}: {status}");
    }
    for path in ["/deliveries/%00", "/received/%00", "/events/%00", "/invite/%00", "/setup?token=%00", "/?lang=%00"] {
        for visitor in [&admin, &stranger] {
            let status = visitor.get(path).await.status;
            assert!(status < 500, "{path}: {status}");
        }
    }
}

async fn good_webhook(admin: &crate::support::Visitor) {
    crate::pages::make_webhook(admin, "https://a.example.com/").await;
}
