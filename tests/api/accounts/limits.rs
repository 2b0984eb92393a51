use reqwest::Method;

use crate::support::{Answer, Api, App, Place, event};

/// A request that a proxy has forwarded for this address; requests of this machine have no limits.
async fn forwarded(api: &Api, path: &str, address: &str) -> Answer {
    Answer::of(api.request(Method::GET, path).header("x-forwarded-for", address)).await
}

fn behind_a_proxy() -> Place {
    Place::new().set("HACHOK_TRUSTED_PROXIES", "127.0.0.0/8")
}

#[tokio::test]
async fn a_token_that_asks_too_often_gets_429_and_when_to_come_back() {
    let app = App::at(behind_a_proxy().set("HACHOK_API_RATE", "1"));
    let (api, other) = (app.api("read"), app.api("read"));
    let first = forwarded(&api, "webhooks", "203.0.113.1").await;
    assert_eq!((first.status, first.header("ratelimit-policy")), (200, r#""token";q=2;w=2"#));
    assert_eq!(first.header("ratelimit"), r#""token";r=1;t=1"#);
    // Whether the second or third is refused depends on how long they take, but not all of ten can pass.
    let mut refused = None;
    for number in 0..10 {
        let answer = forwarded(&api, "/api/v1/profile", &format!("203.0.113.{number}")).await;
        if answer.status == 429 {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("a refusal");
    assert_eq!((&refused.json()["code"], refused.header("retry-after")), (&"rate_limited".into(), "1"));
    assert!(refused.header("ratelimit").starts_with(r#""token";r=0;t="#), "{refused:?}");
    assert_eq!(forwarded(&other, "webhooks", "203.0.113.1").await.status, 200, "another token has its own rate");
    let local = api.get("webhooks").await;
    assert_eq!((local.status, local.header("ratelimit")), (200, ""), "a program on this machine has none");
}

#[tokio::test]
async fn a_rate_of_zero_is_no_limit_and_ingest_has_none() {
    let app = App::at(behind_a_proxy().set("HACHOK_API_RATE", "0"));
    let api = app.api("read");
    for _ in 0..20 {
        let answer = forwarded(&api, "webhooks", "203.0.113.1").await;
        assert_eq!((answer.status, answer.header("ratelimit")), (200, ""));
    }
    let app = App::at(behind_a_proxy().set("HACHOK_API_RATE", "1"));
    let api = app.api("ingest");
    for _ in 0..10 {
        let request = api.event_request(event("message_created")).header("x-forwarded-for", "203.0.113.1");
        assert_eq!(Answer::of(request).await.status, 202);
    }
}

#[tokio::test]
async fn thirty_wrong_tokens_of_an_address_are_401_and_then_429_but_a_right_one_passes() {
    let app = App::at(behind_a_proxy());
    let (wrong, right) = (Api::new(&app.url, "hk_wrong"), app.api("admin"));
    for number in 0..30 {
        // Addresses of one /64 are counted together.
        let answer = forwarded(&wrong, "webhooks", &format!("2001:db8::{number}")).await;
        assert_eq!(answer.status, 401, "{number}");
    }
    let refused = forwarded(&wrong, "webhooks", "2001:db8::77").await;
    let seconds = refused.header("retry-after").parse::<u64>().expect("seconds");
    assert!(
        refused.status == 429 && refused.json()["code"] == "rate_limited" && (890..=900).contains(&seconds),
        "{refused:?}"
    );
    let post = |api: &Api| {
        let request = api.event_request(event("message_created")).header("x-forwarded-for", "2001:db8::77");
        Answer::of(request)
    };
    let ingest = post(&wrong).await;
    assert!(ingest.problem(429).contains(&"rate_limited".to_owned()) && !ingest.header("retry-after").is_empty());
    assert_eq!(forwarded(&right, "webhooks", "2001:db8::77").await.status, 200, "a right token is never refused");
    assert_eq!(post(&right).await.status, 202);
    assert_eq!(forwarded(&wrong, "webhooks", "2001:db8:0:1::1").await.status, 401, "another address");
    let none = Answer::of(wrong.plain(Method::GET, "webhooks").header("x-forwarded-for", "2001:db8::77")).await;
    assert_eq!(none.status, 401, "no token is no guess");
}
