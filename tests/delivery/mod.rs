//! What a webhook receives, and how a delivery ends.

mod address;
mod authorization;
mod chatwoot;
mod delivery_control;
mod failures;
mod fairness;
mod header_names;
mod kept_connections;
mod request;
mod restart;
mod retry;
mod signature;
mod trouble;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use standardwebhooks::Webhook;

use crate::support::{Api, Received, eventually};

/// Whether the reference implementation of Standard Webhooks accepts the signature with this key.
pub fn signed_by(request: &Received, secret: &str) -> bool {
    let header = |(name, value): &(String, String)| {
        (HeaderName::try_from(name).expect("a name"), HeaderValue::try_from(value).expect("a value"))
    };
    let headers: HeaderMap = request.headers.iter().map(header).collect();
    Webhook::new(secret).expect("a secret").verify(&request.body, &headers).is_ok()
}

/// Waits until the only delivery satisfies `enough`; returns it with its attempts.
pub async fn delivery_when(api: &Api, what: &str, enough: impl Fn(&Value) -> bool) -> Value {
    eventually(what, || async {
        let listed = api.deliveries("").await;
        let id = listed.first().and_then(|delivery| delivery["id"].as_str()).map(ToOwned::to_owned)?;
        Some(api.delivery(&id).await).filter(&enough)
    })
    .await
}

/// Waits until the attempt of that number of the only delivery has ended.
pub async fn after_attempt(api: &Api, number: usize) -> Value {
    let ended = |delivery: &Value| {
        let attempt = &delivery["attempts"][number - 1];
        attempt.is_object() && attempt["outcome"] != "started"
    };
    delivery_when(api, &format!("the end of attempt {number}"), ended).await
}

/// The newest delivery of a webhook, after its first attempt.
pub async fn first_attempt(api: &Api, webhook: &Value) -> Value {
    eventually("the first attempt", || async {
        let listed = api.deliveries(&format!("webhook={webhook}")).await;
        let delivery = api.delivery(listed.first()?["id"].as_str()?).await;
        let outcome = &delivery["attempts"][0]["outcome"];
        (outcome == "failed" || outcome == "succeeded").then_some(delivery)
    })
    .await
}
