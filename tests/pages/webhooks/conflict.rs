use crate::pages::make_webhook;
use crate::support::App;

#[tokio::test]
async fn the_second_of_two_concurrent_edits_gets_a_conflict() {
    let app = App::start();
    let admin = app.admin().await;
    let (id, _) = make_webhook(&admin, "https://a.example.com/").await;
    let path = format!("/webhooks/{id}/edit");
    let (first, second) = (admin.open(&path).await.form("#f-url"), admin.open(&path).await.form("#f-url"));
    assert!(!first.value("version").is_empty());
    admin.submit(first.set("name", "First")).await.leads_to();
    let second = second.set("name", "Second");
    let page = admin.submit(second.clone()).await.expect(409);
    assert!(page.says("Someone else changed this webhook at"), "{}", page.text("main"));
    assert!(page.body.contains("First") && page.body.contains("Second"), "both values are shown");
    let rows = page.texts(".conflict tbody tr");
    assert_eq!(rows.len(), 1, "only what differs: {rows:?}");
    assert!(rows[0].contains("Second") && rows[0].contains("First"), "{rows:?}");
    let mut ukrainian = second;
    ukrainian.action = format!("/webhooks/{id}?lang=uk");
    let page = admin.submit(ukrainian).await.expect(409);
    assert!(page.says("Хтось інший змінив цей вебхук о"), "{}", page.text("main"));
    assert_eq!(app.api("read").get(&format!("webhooks/{id}")).await.json()["payload"]["webhook"]["name"], "First");
    admin.submit(page.form("#f-url")).await.leads_to();
    assert_eq!(app.api("read").get(&format!("webhooks/{id}")).await.json()["payload"]["webhook"]["name"], "Second");
}

#[tokio::test]
async fn a_conflict_shows_only_that_a_secret_changed() {
    let app = App::start();
    let admin = app.admin().await;
    let (id, _) = make_webhook(&admin, "https://a.example.com/").await;
    let path = format!("/webhooks/{id}/edit");
    let (first, second) = (admin.open(&path).await.form("#f-url"), admin.open(&path).await.form("#f-url"));
    let first = first.set("auth", "bearer").set("bearer_token", "canary-1").tick("events", "team_changed");
    admin.submit(first).await.leads_to();
    let second = second.set("auth", "bearer").set("bearer_token", "canary-2").set("timeout_s", "9");
    let page = admin.submit(second.clone()).await.expect(409);
    let rows = page.texts(".conflict tbody tr");
    assert_eq!(rows.len(), 3, "events, timeout, token: {rows:?}");
    assert!(rows.iter().any(|row| row.contains("Token") && row.contains("changed")), "{rows:?}");
    assert!(!page.body.contains("canary"), "{}", page.text("main"));
    assert_eq!(admin.submit_htmx(second).await.expect(422).texts(".conflict tbody tr").len(), 3);
}

#[tokio::test]
async fn of_edits_at_the_same_time_one_is_stored() {
    let app = App::start();
    let admin = app.admin().await;
    let (id, _) = make_webhook(&admin, "https://a.example.com/").await;
    let form = admin.open(&format!("/webhooks/{id}/edit")).await.form("#f-url");
    let edits = (0..6).map(|place| {
        let edit = form.clone().set("name", &format!("Edit {place}"));
        admin.form_request(&edit).send()
    });
    let answers = futures_util::future::join_all(edits).await;
    let statuses: Vec<u16> = answers.into_iter().map(|answer| answer.expect("an answer").status().as_u16()).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 303).count(), 1, "{statuses:?}");
}
