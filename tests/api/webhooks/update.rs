use serde_json::json;

use crate::support::{App, Receiver, Reply, event, eventually, webhook};

#[tokio::test]
async fn a_null_keeps_a_stored_secret_and_a_value_replaces_it() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    let mut body = webhook(&receiver.at("/a"));
    body["authorization"] = json!({ "type": "bearer", "token": "first" });
    body["headers"] = json!({ "X-Key": { "value": "hidden-one", "hidden": true }, "X-Plain": "plain" });
    let path = format!("webhooks/{}", api.webhook(&body).await["id"]);
    for (change, bearer, key) in [
        (json!({ "name": "kept" }), "Bearer first", "hidden-one"),
        (json!({ "authorization": { "type": "bearer", "token": null } }), "Bearer first", "hidden-one"),
        (json!({ "headers": { "X-Key": null, "X-Plain": "plain" } }), "Bearer first", "hidden-one"),
        (json!({ "authorization": { "type": "bearer", "token": "second" } }), "Bearer second", "hidden-one"),
        (json!({ "headers": { "X-Key": { "value": "hidden-two", "hidden": true } } }), "Bearer second", "hidden-two"),
    ] {
        let answer = api.patch(&path, &change).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let before = receiver.seen("/a").len();
        api.accepted(event("message_created")).await;
        let seen = receiver.await_requests("/a", before + 1).await.swap_remove(before);
        assert_eq!((seen.header("authorization"), seen.header("x-key")), (bearer, key), "{change}");
    }
    assert_eq!(receiver.seen("/a").last().map(|last| last.header("x-plain").to_owned()), Some(String::new()));
}

#[tokio::test]
async fn authorization_none_deletes_a_stored_secret() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    let mut body = webhook(&receiver.at("/a"));
    body["authorization"] = json!({ "type": "bearer", "token": "first" });
    let path = format!("webhooks/{}", api.webhook(&body).await["id"]);
    assert_eq!(api.patch(&path, &json!({ "authorization": { "type": "none" } })).await.status, 200);
    api.accepted(event("message_created")).await;
    assert_eq!(receiver.first("/a").await.header("authorization"), "");
    let back = api.patch(&path, &json!({ "authorization": { "type": "bearer", "token": null } })).await;
    assert_eq!((back.status, back.json()["attributes"].clone()), (422, json!(["authorization"])), "{back:?}");
}

#[tokio::test]
async fn another_scheme_needs_its_own_secret_in_the_api() {
    let app = App::start();
    let api = app.api("admin");
    let body = json!({ "url": "https://a.example.com/", "authorization": { "type": "bearer", "token": "first" } });
    let path = format!("webhooks/{}", api.webhook(&body).await["id"]);
    let change = json!({ "authorization": { "type": "basic", "login": "anna", "password": null } });
    let answer = api.patch(&path, &change).await;
    assert_eq!((answer.status, answer.json()["attributes"].clone()), (422, json!(["authorization"])), "{answer:?}");
}

#[tokio::test]
async fn a_stored_secret_is_not_sent_to_another_origin() {
    let app = App::start();
    let api = app.api("admin");
    let body = json!({ "url": "https://a.example.com/x", "authorization": { "type": "bearer", "token": "first" } });
    let path = format!("webhooks/{}", api.webhook(&body).await["id"]);
    for url in ["https://b.example.com/x", "https://a.example.com:8443/x"] {
        for change in
            [json!({ "url": url }), json!({ "url": url, "authorization": { "type": "bearer", "token": null } })]
        {
            let answer = api.patch(&path, &change).await;
            assert_eq!(answer.status, 422, "{change}: {answer:?}");
            assert_eq!(answer.json()["attributes"], json!(["authorization"]), "{change}");
        }
    }
    assert_eq!(api.patch(&path, &json!({ "url": "https://a.example.com/y" })).await.status, 200);
    let change = json!({ "url": "https://b.example.com/x", "authorization": { "type": "bearer", "token": "second" } });
    assert_eq!(api.patch(&path, &change).await.status, 200);
}

#[tokio::test]
async fn a_hidden_header_is_not_sent_to_another_origin() {
    let app = App::start();
    let api = app.api("admin");
    let headers = json!({ "X-Key": { "value": "hidden", "hidden": true } });
    let path = format!(
        "webhooks/{}",
        api.webhook(&json!({ "url": "https://a.example.com/", "headers": headers })).await["id"]
    );
    let answer = api.patch(&path, &json!({ "url": "https://b.example.com/" })).await;
    assert_eq!(answer.status, 422, "{answer:?}");
}

#[tokio::test]
async fn an_update_keeps_attributes_that_it_does_not_name() {
    let app = App::start();
    let api = app.api("admin");
    let body = json!({
        "url": "https://a.example.com/", "name": "A", "subscriptions": ["team_changed"], "timeout_s": 7,
        "headers": { "X-Source": "desk" },
    });
    let made = api.webhook(&body).await;
    let path = format!("webhooks/{}", made["id"]);
    let changed = api.patch(&path, &json!({ "enabled": false })).await.json()["payload"]["webhook"].clone();
    assert_eq!((&changed["enabled"], &changed["status"]), (&json!(false), &json!("disabled")));
    for member in ["url", "name", "subscriptions", "timeout_s", "headers", "inbox_ids", "authorization"] {
        assert_eq!(changed[member], made[member], "{member}");
    }
    let on = api.patch(&path, &json!({ "enabled": true })).await.json()["payload"]["webhook"].clone();
    assert_eq!((&on["enabled"], &on["status"]), (&json!(true), &json!("active")));
}

/// Clients of Chatwoot send `null` for what they do not know. It must not open a webhook to all inboxes.
#[tokio::test]
async fn null_for_the_inboxes_changes_nothing() {
    let app = App::start();
    let api = app.api("admin");
    let inbox = api.post("inboxes", &json!({ "name": "Shop" })).await.json()["payload"]["inbox"]["id"].clone();
    let body = json!({ "url": "https://a.example.com/", "inbox_ids": [inbox] });
    let path = format!("webhooks/{}", api.webhook(&body).await["id"]);
    for (change, expected) in [
        (json!({ "inbox_ids": null }), json!([inbox])),
        (json!({ "inbox_id": null }), json!([inbox])),
        (json!({ "inbox_id": null, "inbox_ids": null, "name": "n" }), json!([inbox])),
        (json!({ "inbox_ids": [] }), json!([])),
        (json!({ "inbox_id": inbox }), json!([inbox])),
    ] {
        let answer = api.patch(&path, &change).await;
        assert_eq!(answer.json()["payload"]["webhook"]["inbox_ids"], expected, "{change}: {answer:?}");
    }
}

#[tokio::test]
async fn null_is_refused_where_it_means_nothing() {
    let app = App::start();
    let api = app.api("admin");
    let path = format!("webhooks/{}", api.webhook(&json!({ "url": "https://a.example.com/" })).await["id"]);
    for name in
        ["authorization", "headers", "timeout_s", "enabled", "viewers_see_answers", "redirect_is_success", "held"]
    {
        let answer = api.patch(&path, &json!({ name: null })).await;
        assert_eq!((answer.status, answer.json()["attributes"].clone()), (422, json!([name])), "{name}: {answer:?}");
    }
}

#[tokio::test]
async fn inboxes_may_be_named_by_their_ids_in_the_help_desk() {
    let app = App::start();
    let api = app.api("admin");
    let inbox =
        api.post("inboxes", &json!({ "name": "Shop", "external_id": "17" })).await.json()["payload"]["inbox"].clone();
    let body = json!({ "url": "https://a.example.com/", "inbox_external_ids": ["17"] });
    let made = api.webhook(&body).await;
    assert_eq!(made["inbox_ids"], json!([inbox["id"]]));
    assert_eq!(made["inboxes"], json!([{ "id": inbox["id"], "external_id": "17", "name": "Shop" }]));
    let path = format!("webhooks/{}", made["id"]);
    for (change, expected) in [
        (json!({ "inbox_external_ids": [] }), json!([])),
        (json!({ "inbox_external_ids": [17] }), json!([inbox["id"]])),
    ] {
        let answer = api.patch(&path, &change).await;
        assert_eq!(answer.json()["payload"]["webhook"]["inbox_ids"], expected, "{change}: {answer:?}");
    }
    for change in [
        json!({ "inbox_external_ids": ["18"] }),
        json!({ "inbox_external_ids": "17" }),
        json!({ "inbox_external_ids": [null] }),
        json!({ "inbox_external_ids": ["17"], "inbox_ids": [] }),
    ] {
        let answer = api.patch(&path, &change).await;
        let named = answer.json()["attributes"].clone();
        assert_eq!((answer.status, named), (422, json!(["inbox_external_ids"])), "{change}: {answer:?}");
    }
}

#[tokio::test]
async fn what_a_webhook_held_is_sent_or_discarded_when_it_is_turned_on() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    let path = format!("webhooks/{}", api.webhook(&webhook(&receiver.at("/a"))).await["id"]);
    for (held, expected) in [(json!("discard"), "failed"), (json!("send"), "success")] {
        assert_eq!(api.patch(&path, &json!({ "enabled": false })).await.status, 200);
        let event = api.accepted(event("message_created")).await;
        let answer = api.patch(&path, &json!({ "enabled": true, "held": held })).await;
        assert_eq!(answer.json()["payload"]["webhook"]["enabled"], true, "{answer:?}");
        let status = async || {
            let list = api.deliveries("").await;
            let found = list.iter().find(|delivery| delivery["event_id"] == event.as_str())?;
            (found["status"] != "pending").then(|| found["status"].clone())
        };
        assert_eq!(eventually("an end", status).await, expected, "{held}");
    }
    assert_eq!(receiver.seen("/a").len(), 1);
    for change in [
        json!({ "held": "discard" }),
        json!({ "held": "keep", "enabled": true }),
        json!({ "held": "send", "enabled": false }),
    ] {
        let answer = api.patch(&path, &change).await;
        assert_eq!(
            (answer.status, answer.json()["attributes"].clone()),
            (422, json!(["held"])),
            "{change}: {answer:?}"
        );
    }
}

#[tokio::test]
async fn a_webhook_says_why_and_since_when_it_is_off() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    let path = format!("webhooks/{}", api.webhook(&webhook(&receiver.at("/a"))).await["id"]);
    let shown = async || {
        let webhook = api.get(&path).await.json()["payload"]["webhook"].clone();
        (webhook["status"].clone(), webhook["status_reason"].clone(), webhook["status_since"].is_string())
    };
    assert_eq!(shown().await, (json!("active"), json!(null), false));
    assert_eq!(api.patch(&path, &json!({ "enabled": false })).await.status, 200);
    assert_eq!(shown().await, (json!("disabled"), json!(null), true));
    assert_eq!(api.patch(&path, &json!({ "enabled": true })).await.status, 200);
    receiver.answers("/a", [Reply::Full(410, Vec::new(), Vec::new())]);
    api.accepted(event("message_created")).await;
    eventually("off", async || (shown().await.0 == "auto_disabled").then_some(())).await;
    assert_eq!(shown().await, (json!("auto_disabled"), json!("gone"), true));
}

/// The switch is for emergencies: what else is wrong with the webhook must not be in its way.
#[tokio::test]
async fn a_webhook_with_a_forbidden_or_a_shared_url_can_be_turned_off_and_on() {
    let app = App::start();
    let api = app.api("admin");
    let path = format!("webhooks/{}", api.webhook(&json!({ "url": "https://a.example.com/" })).await["id"]);
    api.webhook(&json!({ "url": "https://b.example.com/" })).await;
    for url in ["https://b.example.com/", "http://10.1.2.3/"] {
        app.run_sql(&format!("UPDATE webhooks SET url = '{url}' WHERE url <> 'https://b.example.com/' OR id = 1"));
        for enabled in [false, true] {
            let answer = api.patch(&path, &json!({ "enabled": enabled })).await;
            assert_eq!(answer.json()["payload"]["webhook"]["enabled"], enabled, "{url}: {answer:?}");
        }
    }
}
