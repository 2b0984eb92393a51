use serde_json::json;

use crate::support::{Api, App, Receiver, Reply, event, event_in, eventually, webhook};

/// Creates three deliveries: of a plain event, of an event whose request failed, and of an event in Ukrainian.
async fn three(app: &App, receiver: &Receiver) -> (Api, Vec<String>) {
    let api = app.api("admin");
    receiver.answers("/a", [Reply::Status(200)]);
    receiver.answers("/bad", [Reply::Full(418, vec![], "The Teapot\u{2019}s answer: Ой".into())]);
    api.webhook(&webhook(&receiver.at("/a"))).await;
    api.webhook(&json!({ "url": receiver.at("/bad"), "subscriptions": ["team_changed"] })).await;
    let mut ids = Vec::new();
    for body in [
        event_in("message_created", 7),
        event("team_changed"),
        json!({ "event": "message_created", "message_type": "outgoing", "content": "Де моє ЗАМОВЛЕННЯ №7?" })
            .to_string(),
    ] {
        ids.push(api.accepted(body).await);
    }
    eventually("three attempts", || async {
        let ended = api.deliveries("").await;
        (ended.len() == 3 && ended.iter().all(|delivery| delivery["attempt_count"] == 1)).then_some(())
    })
    .await;
    eventually("the stored answer", || async { (!api.deliveries("q=418").await.is_empty()).then_some(()) }).await;
    (api, ids)
}

/// The events of the deliveries that a search finds, newest first.
async fn found(api: &Api, q: &str) -> Vec<String> {
    let q: String = url::form_urlencoded::byte_serialize(q.as_bytes()).collect();
    let id = |delivery: &serde_json::Value| delivery["event_id"].as_str().unwrap_or_default().to_owned();
    api.deliveries(&format!("q={q}")).await.iter().map(id).collect()
}

#[tokio::test]
async fn a_search_finds_ids_statuses_and_text_in_bodies_and_answers() {
    let (app, receiver) = (App::start(), Receiver::start());
    let (api, ids) = three(&app, &receiver).await;
    let [plain, refused, ukrainian] = &ids[..] else { panic!("{ids:?}") };
    assert_eq!(found(&api, refused).await, [refused.as_str()]);
    assert_eq!(found(&api, &refused[..5].to_uppercase()).await.len(), 3, "the beginning of an id, in any case");
    let delivery = api.deliveries("event=team_changed").await[0]["id"].as_str().unwrap_or_default().to_owned();
    assert_eq!(found(&api, &delivery).await, [refused.as_str()]);
    assert_eq!(found(&api, "418").await, [refused.as_str()]);
    assert_eq!(found(&api, "503").await, Vec::<String>::new());
    assert_eq!(found(&api, "замовлення №7").await, [ukrainian.as_str()], "in lower case");
    assert_eq!(found(&api, "ГАЧОК").await, [refused.as_str()], "written with escapes");
    assert_eq!(found(&api, "teapot\u{2019}S").await, [refused.as_str()], "in the answer");
    assert_eq!(found(&api, "Channel 7").await, [plain.as_str()]);
    assert_eq!(found(&api, "' OR 1=1 %_").await, Vec::<String>::new());
    assert_eq!(api.deliveries("q=message_created&event=team_changed").await.len(), 0, "combined with other filters");
    assert_eq!(api.get(&format!("deliveries?q={}", "a".repeat(201))).await.status, 422);
}

#[tokio::test]
async fn test_deliveries_are_left_out_or_listed_separately() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    let id = api.webhook(&webhook(&receiver.at("/a"))).await["id"].clone();
    api.accepted(event("message_created")).await;
    api.post(&format!("webhooks/{id}/test"), &json!({})).await;
    for (query, count) in [("", 2), ("test=0", 1), ("test=1", 1), ("period=1h", 2), ("period=today&test=1", 1)] {
        assert_eq!(api.deliveries(query).await.len(), count, "{query}");
    }
    assert_eq!(api.deliveries("test=1").await[0]["trigger"], "test");
}

/// One delivery of a rare event before deliveries of another: 1,500 more than a page looks at.
#[tokio::test]
async fn a_filter_with_few_matches_ends_a_page_early_and_continues() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    api.webhook(&json!({ "url": receiver.at("/a"), "subscriptions": ["team_changed", "message_created"] })).await;
    api.accepted(event("team_changed")).await;
    eventually("it is delivered", || async { api.deliveries("status=success").await.first().map(drop) }).await;
    // Ids contain their time: each is a little older than the newest, and none is older than the first.
    let others = if app.is_sqlite() { 51_500 } else { 21_500 };
    app.run_sql(&format!(
        "INSERT INTO deliveries (id, event_id, event, webhook_id, status, origin, attempts, steps, created_at) \
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {others}) \
         SELECT (SELECT MAX(id) FROM deliveries) + i * 4096, (SELECT MAX(id) FROM events), 'message_created', 1, \
         'success', 'event', 1, 1, (SELECT MAX(created_at) FROM deliveries) FROM n"
    ));
    let first = api.get("deliveries?event=team_changed").await.json();
    assert_eq!(first["payload"], json!([]));
    let cursor = first["next_cursor"].as_str().expect("more to look at").to_owned();
    let second = api.get(&format!("deliveries?event=team_changed&cursor={cursor}")).await.json();
    assert_eq!((second["payload"].as_array().map(Vec::len), &second["next_cursor"]), (Some(1), &json!(null)));
    // A filter that matches many rows fills a page at once.
    assert_eq!(api.deliveries("event=message_created").await.len(), 25);
    // A text search looks at 5,000 deliveries at a time.
    let answer = api.get("deliveries?q=nowhere").await.json();
    assert_eq!(answer["payload"], json!([]));
    assert!(answer["next_cursor"].is_string(), "{answer}");
    let admin = app.admin().await;
    let page = admin.open("/deliveries?event=team_changed").await;
    assert!(page.says("Nothing found so far") && page.says("Searched back to"), "{}", page.text("main"));
    let further = page.attribute("#older", "href").expect("a way on");
    let page = admin.open(&further).await;
    assert!(page.text("#log").contains("Team changed"), "{}", page.text("main"));
    let back = page.attribute("#newer", "href").expect("a way back");
    assert!(back.contains("event=team_changed"), "{back}");
}
