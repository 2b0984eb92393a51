use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::json;

use crate::delivery::after_attempt;
use crate::pages::{good_form, made};
use crate::support::{App, Received, Receiver, event, webhook};

/// The header names of a request as they were sent, without those of the connection.
fn names(request: &Received) -> Vec<&str> {
    let names = request.headers.iter().map(|(name, _)| name.as_str());
    names.filter(|name| !["host", "content-length", "accept"].contains(&name.to_ascii_lowercase().as_str())).collect()
}

fn sorted<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut names: Vec<_> = names.into_iter().collect();
    names.sort_unstable();
    names
}

#[tokio::test]
async fn header_names_keep_their_case_and_are_shown_as_sent() {
    let (app, receiver) = (App::start(), Receiver::start());
    let (admin, api) = (app.admin().await, app.api("admin"));
    let form = good_form(&admin, &receiver.at("/a")).await;
    let form = form.set("auth", "custom").set("custom_name", "X-API-Token").set("custom_value", "canary");
    let form = form.set("headers[0][name]", "x-TEAM").set("headers[0][value]", "support");
    let (id, _) = made(&admin, form.set("headers[1][name]", "x_tenant-ID").set("headers[1][value]", "7")).await;

    let stored = api.get(&format!("webhooks/{id}")).await.json()["payload"]["webhook"].clone();
    assert_eq!(stored["headers"], json!({ "x-TEAM": "support", "x_tenant-ID": "7" }));
    assert_eq!(stored["authorization"]["header"], "X-API-Token");
    let edit = admin.open(&format!("/webhooks/{id}/edit")).await.form("#f-url");
    let typed = ["headers[0][name]", "headers[1][name]", "custom_name"].map(|field| edit.value(field).to_owned());
    assert_eq!(typed, ["x-TEAM", "x_tenant-ID", "X-API-Token"]);

    let preview = admin.open(&format!("/webhooks/{id}/test")).await;
    admin.submit(preview.form("[name=body]")).await.leads_to();
    let request = receiver.first("/a").await;
    let sent = sorted(names(&request));
    let ours = ["Webhook-Id", "Webhook-Timestamp", "Webhook-Signature", "X-Hachok-Event", "X-Hachok-Test"];
    for name in ["Content-Type", "User-Agent", "X-Team", "X_tenant-Id", "X-Api-Token"].iter().chain(&ours) {
        assert!(sent.contains(name), "{name} in {sent:?}");
    }
    let previewed = preview.texts("[aria-labelledby=h-req] dt");
    assert_eq!(sorted(previewed.iter().map(String::as_str)), sent, "the preview names what is sent");

    let delivery = after_attempt(&api, 1).await;
    let logged = delivery["attempts"][0]["request"]["headers"].as_object().expect("headers").clone();
    assert_eq!(sorted(logged.keys().map(String::as_str)), sent, "so does the API");
    let page = admin.open(&format!("/deliveries/{}", delivery["id"].as_str().expect("an id"))).await;
    let shown = page.texts("[aria-labelledby=h-rq] dt");
    assert_eq!(sorted(shown.iter().map(String::as_str)), sent, "so does the page of the delivery");
    let command = page.text("#curl");
    for name in sent {
        assert!(command.contains(&format!("-H '{name}: ")), "{name} in {command}");
    }
    assert!(command.contains(r#"X-Api-Token: '"$HEADER_X_API_TOKEN""#), "{command}");
}

#[tokio::test]
async fn a_name_in_another_case_is_the_same_header() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    let mut wanted = webhook(&receiver.at("/a"));
    wanted["headers"] = json!({ "X-Key": { "value": "hidden-one", "hidden": true }, "X-Plain": "plain" });
    wanted["authorization"] = json!({ "type": "custom", "header": "X-Login", "value": "secret-one" });
    let made = api.webhook(&wanted).await;
    let path = format!("webhooks/{}", made["id"]);
    let change = json!({
        "headers": { "x-KEY": null, "x-plain": null },
        "authorization": { "type": "custom", "header": "x-LOGIN", "value": null },
    });
    let changed = api.patch(&path, &change).await;
    assert_eq!(changed.status, 200, "{changed:?}");
    let changed = changed.json()["payload"]["webhook"].clone();
    assert_eq!(changed["headers"], json!({ "x-KEY": null, "x-plain": "plain" }));
    assert_eq!(changed["authorization"]["header"], "x-LOGIN");
    api.accepted(event("message_created")).await;
    let request = receiver.first("/a").await;
    let values = ["x-key", "x-plain", "x-login"].map(|name| request.header(name));
    assert_eq!(values, ["hidden-one", "plain", "secret-one"], "a stored value opens under its new spelling");
    for twice in [json!({ "X-A": "1", "x-a": "2" }), json!({ "X-Login": "1" })] {
        let answer = api.patch(&path, &json!({ "headers": twice })).await;
        assert_eq!((answer.status, &answer.json()["attributes"]), (422, &json!(["headers"])), "{twice}");
    }
}

#[tokio::test]
async fn names_that_an_older_version_stored_in_lower_case_still_work() {
    let (app, receiver) = (App::start(), Receiver::start());
    let (admin, api) = (app.admin().await, app.api("admin"));
    let mut wanted = webhook(&receiver.at("/a"));
    wanted["headers"] = json!({ "x-key": { "value": "hidden-one", "hidden": true } });
    let made = api.webhook(&wanted).await;
    api.accepted(event("message_created")).await;
    let delivery = after_attempt(&api, 1).await;
    // As such a version logged it.
    app.run_sql(
        "UPDATE attempts SET request_headers = '[[\"webhook-id\",\"evt_1\"],[\"authorization\",\"Bearer [hidden]\"]]'",
    );
    let path = format!("/deliveries/{}", delivery["id"].as_str().expect("an id"));
    let page = admin.open(&path).await;
    assert_eq!(page.texts("[aria-labelledby=h-rq] dt"), ["webhook-id", "authorization"]);
    assert!(page.text("#curl").contains(r#"-H 'authorization: Bearer '"$TOKEN""#), "{}", page.text("#curl"));
    assert_eq!(api.patch(&format!("webhooks/{}", made["id"]), &json!({ "name": "CRM" })).await.status, 200);
    api.accepted(event("message_created")).await;
    assert_eq!(receiver.await_requests("/a", 2).await[1].header("x-key"), "hidden-one");
}

/// A webhook with a header and a custom authorization whose names are refused today; stored by an older version.
async fn of_old(app: &App, receiver: &Receiver) -> String {
    let mut wanted = webhook(&receiver.at("/old"));
    wanted["headers"] = json!({ "X-One": "1", "X-Fine": "2" });
    wanted["authorization"] = json!({ "type": "custom", "header": "X-Two", "value": "secret-one" });
    let made = app.api("admin").webhook(&wanted).await;
    app.run_sql("UPDATE webhook_headers SET name = 'x_real_ip' WHERE name = 'X-One'");
    app.run_sql("UPDATE webhooks SET auth_name = 'true-client-ip' WHERE auth_name = 'X-Two'");
    made["id"].to_string()
}

#[tokio::test]
async fn a_stored_header_name_that_is_refused_today_still_works_with_a_warning() {
    let (app, receiver) = (App::start(), Receiver::start());
    let id = of_old(&app, &receiver).await;
    let (admin, viewer) = (app.admin().await, app.signed_in("viewer").await);
    let api = app.api("admin");
    api.accepted(event("message_created")).await;
    let request = receiver.first("/old").await;
    let by_name: BTreeMap<_, _> = request.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!((by_name.get("X_real_ip"), by_name.get("True-Client-Ip")), (Some(&"1"), Some(&"secret-one")));
    for (language, words) in [
        ("en", "can no longer be chosen: true-client-ip, x_real_ip."),
        ("uk", "більше не можна вибрати: true-client-ip, x_real_ip."),
    ] {
        for page in [format!("/webhooks/{id}"), format!("/webhooks/{id}/edit")] {
            let page = admin.open(&format!("{page}?lang={language}")).await;
            assert!(page.text(".notice").contains(words), "{}: {}", page.path, page.text("main"));
        }
    }
    assert!(!viewer.open(&format!("/webhooks/{id}")).await.says("can no longer be chosen"), "only who may change it");
    let (other, _) = made(&admin, good_form(&admin, "https://b.example.com/").await).await;
    for page in [format!("/webhooks/{other}"), format!("/webhooks/{other}/edit")] {
        assert!(!admin.open(&page).await.says("can no longer be chosen"), "{page}");
    }
}

#[tokio::test]
async fn a_stored_header_name_that_is_refused_today_is_kept_until_changed() {
    let (app, receiver) = (App::start(), Receiver::start());
    let id = of_old(&app, &receiver).await;
    let (admin, api) = (app.admin().await, app.api("admin"));
    let path = format!("webhooks/{id}");
    let form = async || admin.open(&format!("/webhooks/{id}/edit")).await.form("#f-url");
    admin.submit(form().await.set("name", "Renamed").set("timeout_s", "9")).await.leads_to();
    assert_eq!(api.patch(&path, &json!({ "enabled": false })).await.status, 200);
    assert_eq!(api.patch(&path, &json!({ "enabled": true })).await.status, 200);
    let stored = api.get(&path).await.json()["payload"]["webhook"].clone();
    assert_eq!(stored["headers"], json!({ "x_real_ip": "1", "X-Fine": "2" }), "{stored}");
    assert_eq!((&stored["authorization"]["header"], &stored["timeout_s"]), (&json!("true-client-ip"), &json!(9)));

    let row = |page: &crate::support::Page| page.error("header-name-0");
    let changed = admin.submit(form().await.set("headers[0][value]", "9.9.9.9")).await.expect(422);
    assert_eq!(row(&changed), "Many servers read x_real_ip as X-Real-Ip. Choose another name");
    let renamed = admin.submit(form().await.set("headers[0][name]", "X-Real-IP")).await.expect(422);
    assert!(row(&renamed).contains("X-Real-IP"), "{}", row(&renamed));
    let replaced = admin.submit(form().await.set("custom_value", "new")).await.expect(422);
    assert!(replaced.error("custom-name").contains("true-client-ip"), "{}", replaced.text("#errsum"));
    for change in [
        json!({ "headers": { "x_real_ip": "9.9.9.9" } }),
        json!({ "headers": { "x_real_ip": null, "X_Real.IP": "1" } }),
        json!({ "authorization": { "type": "custom", "header": "true-client-ip", "value": "new" } }),
    ] {
        assert_eq!(api.patch(&path, &change).await.status, 422, "{change}");
    }
    let copy = admin.open(&format!("/webhooks/new?from={id}")).await.form("#f-url").set("custom_value", "x");
    admin.submit(copy.set("url", "https://copy.example.com/")).await.expect(422);

    let gone = form().await.set("headers[0][remove]", "1").set("auth", "none");
    admin.submit(gone).await.leads_to();
    assert!(!admin.open(&format!("/webhooks/{id}")).await.says("can no longer be chosen"));
    assert_eq!(
        api.post("webhooks", &json!({ "url": "https://x.example.com/", "headers": { "x_real_ip": "1" } })).await.status,
        422
    );
    assert_eq!(api.request(Method::GET, &path).send().await.expect("an answer").status(), 200);
}
