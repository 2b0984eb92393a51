use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::json;

use crate::support::{Answer, Api, App, event, http};

fn basic(pair: &str) -> String {
    format!("Basic {}", STANDARD.encode(pair))
}

async fn posted(app: &App, authorization: &str, more: &[(&str, &str)]) -> Answer {
    let anonymous = Api::new(&app.url, "x");
    let mut request = anonymous.plain(Method::POST, "/api/v1/events").header("content-type", "application/json");
    for (name, value) in more.iter().chain(&[("authorization", authorization)]) {
        request = request.header(*name, *value);
    }
    Answer::of(request.body(event("message_created"))).await
}

fn challenges(answer: &Answer) -> Vec<&str> {
    answer.headers.get_all("www-authenticate").iter().map(|value| value.to_str().expect("text")).collect()
}

#[tokio::test]
async fn the_token_may_be_in_the_url() {
    let app = App::start();
    let token = app.token("ingest");
    let url = format!("{}/api/v1/events", app.url.replace("http://", &format!("http://chatwoot:{token}@")));
    let request = http().post(url).header("content-type", "application/json").body(event("message_created"));
    assert_eq!(Answer::of(request).await.status, 202);
}

#[tokio::test]
async fn the_password_of_basic_is_the_token_for_any_user() {
    let app = App::start();
    let (token, admin) = (app.token("ingest"), app.token("admin"));
    for pair in [format!("x:{token}"), format!(":{token}"), format!("Оля:{token}"), format!("x:{admin}")] {
        assert_eq!(posted(&app, &basic(&pair), &[]).await.status, 202, "{pair}");
    }
    let unpadded = basic(&format!("xy:{token}")).trim_end_matches('=').replace("Basic", "bAsIc");
    assert_eq!(posted(&app, &unpadded, &[]).await.status, 202, "{unpadded}");
}

#[tokio::test]
async fn a_wrong_or_malformed_basic_pair_is_refused() {
    let app = App::start();
    let token = app.token("ingest");
    for wrong in [
        basic(&format!("{token}:x")),
        basic(&token),
        basic("x:"),
        basic(&format!("x:{token} ")),
        "Basic".into(),
        "Basic ".into(),
        "Basic %%%".into(),
        format!("Basic {token}"),
        "Basic eDp4=x".into(),
    ] {
        let answer = posted(&app, &wrong, &[]).await;
        answer.problem(401);
        assert!(challenges(&answer)[0].starts_with(r#"Bearer realm="Hachok""#), "{wrong}");
    }
    posted(&app, &basic(&format!("x:{}", app.token("read"))), &[]).await.problem(403);
}

#[tokio::test]
async fn a_401_offers_basic_to_programs_but_not_to_browsers() {
    let app = App::start();
    let answer = posted(&app, "", &[]).await;
    answer.problem(401);
    assert_eq!(challenges(&answer), [r#"Bearer realm="Hachok""#, r#"Basic realm="Hachok", charset="UTF-8""#]);
    for browser in [("origin", "https://evil.example"), ("sec-fetch-site", "same-origin")] {
        let answer = posted(&app, "", &[browser]).await;
        assert_eq!((answer.status, challenges(&answer)), (401, vec![r#"Bearer realm="Hachok""#]), "{browser:?}");
    }
}

#[tokio::test]
async fn a_token_header_counts_beside_basic_and_management_accepts_no_basic() {
    let app = App::start();
    let token = app.token("admin");
    let foreign = basic("proxy:its-own-password");
    assert_eq!(posted(&app, &foreign, &[("api-access-token", &token)]).await.status, 202);
    let anonymous = Api::new(&app.url, "x");
    let management =
        |authorization: String| anonymous.plain(Method::GET, "webhooks").header("authorization", authorization);
    let alone = Answer::of(management(basic(&format!("x:{token}")))).await;
    assert_eq!((alone.status, challenges(&alone).iter().any(|text| text.contains("Basic"))), (401, false));
    assert_eq!(Answer::of(management(foreign).header("api_access_token", &token)).await.status, 200);
}

#[tokio::test]
async fn a_revoked_token_is_refused_in_basic_too() {
    let app = App::start();
    let token = app.token("ingest");
    assert_eq!(posted(&app, &basic(&format!("x:{token}")), &[]).await.status, 202);
    app.run_sql("UPDATE api_tokens SET revoked_at = 1");
    let answer = posted(&app, &basic(&format!("x:{token}")), &[]).await;
    answer.problem(401);
    assert_eq!(answer.json()["errors"][0]["code"], json!("unauthorized"));
}
