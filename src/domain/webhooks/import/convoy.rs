//! Endpoints of a Convoy project. Their events are in its subscriptions: an export has both lists as `endpoints` and
//! `subscriptions`, or the endpoints only.

use serde_json::Value;

use super::foreign::{Foreign, has, list, text_of, texts};

pub(super) fn read(value: &Value) -> Result<Vec<Foreign>, String> {
    const LISTS: [&str; 3] = ["/data/content", "/content", "/data"];
    let subscriptions = match value.get("subscriptions") {
        Some(value) => Some(list(value, &LISTS)?),
        None => None,
    };
    let endpoints = list(value.get("endpoints").unwrap_or(value), &LISTS)?;
    Ok(endpoints.iter().map(|one| endpoint(one, subscriptions)).collect())
}

fn endpoint(one: &Value, subscriptions: Option<&[Value]>) -> Foreign {
    let either =
        |new, old| Some(text_of(one, new)).filter(|text| !text.is_empty()).unwrap_or_else(|| text_of(one, old));
    let mut foreign = Foreign {
        name: either("name", "title").to_owned(),
        is_off: has(one, "status") && text_of(one, "status") != "active" || has(one, "is_disabled"),
        timeout_s: timeout(one.get("http_timeout")),
        ..Foreign::default()
    };
    foreign.set_url(either("url", "target_url"));
    match subscriptions {
        Some(all) => {
            let own: Vec<&Value> = all.iter().filter(|subscription| is_of(subscription, text_of(one, "uid"))).collect();
            for subscription in own {
                foreign.add_events(texts(subscription.pointer("/filter_config/event_types")));
                let has_filter = subscription.pointer("/filter_config/filter").is_some_and(|filter| {
                    has(filter, "body") || has(filter, "headers") || has(filter, "query") || has(filter, "path")
                });
                if has_filter {
                    foreign.lose("filter by content");
                }
                if has(subscription, "function") {
                    foreign.lose("transformation");
                }
            }
        }
        None => {
            foreign.add_events(["*"]);
            foreign.lose("event types: the export has no subscriptions, so all events are selected");
        }
    }
    // The newest secret is the last one.
    let secrets = one.get("secrets").and_then(Value::as_array).into_iter().flatten();
    let secret = secrets.map(|secret| text_of(secret, "value")).rfind(|secret| !secret.is_empty());
    foreign.secret = secret.map(str::to_owned);
    if foreign.secret.is_some() {
        foreign.lose("header X-Convoy-Signature");
    }
    let header = |name| one.pointer("/authentication/api_key").map_or("", |key| text_of(key, name));
    if !header("header_name").is_empty() {
        foreign.authorization = Some((header("header_name").to_owned(), header("header_value").to_owned()));
    } else if has(one, "authentication")
        && !text_of(one.get("authentication").unwrap_or(&Value::Null), "type").is_empty()
    {
        foreign.lose(format!("authentication {}", text_of(one.get("authentication").unwrap_or(&Value::Null), "type")));
    }
    for (member, what) in
        [("rate_limit", "rate limit"), ("slack_webhook_url", "alerts in Slack"), ("support_email", "alerts by e-mail")]
    {
        if has(one, member) {
            foreign.lose(what);
        }
    }
    foreign
}

fn is_of(subscription: &Value, endpoint: &str) -> bool {
    let named = [
        text_of(subscription, "endpoint_id"),
        subscription.pointer("/endpoint_metadata/uid").and_then(Value::as_str).unwrap_or_default(),
    ];
    !endpoint.is_empty() && named.contains(&endpoint)
}

/// Seconds as a number, or as a text such as `10s`.
fn timeout(value: Option<&Value>) -> Option<u64> {
    let value = value?;
    value.as_u64().or_else(|| value.as_str()?.trim_end_matches('s').parse().ok()).filter(|seconds| *seconds > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::events::catalogue::EventName;

    #[test]
    fn the_endpoints_of_a_project_get_the_events_of_their_subscriptions() {
        let json = serde_json::json!({
            "endpoints": {"status": true, "data": {"content": [
                {"uid": "e1", "name": "CRM", "url": "https://crm.example.com/in", "status": "active", "http_timeout": "10s",
                    "secrets": [{"uid": "s", "value": "old-secret"}, {"uid": "t", "value": "abcdefghijklmnopqrstuvwx"}],
                    "authentication": {"type": "api_key", "api_key": {"header_name": "X-Key", "header_value": "k"}},
                    "rate_limit": 10},
                {"uid": "e2", "title": "BI", "target_url": "https://bi.example.com/", "status": "paused"},
            ]}},
            "subscriptions": [
                {"uid": "u1", "endpoint_metadata": {"uid": "e1"}, "filter_config": {
                    "event_types": ["message.created"], "filter": {"body": {"x": 1}, "headers": {}}}},
            ],
        });
        let read = read(&json).expect("endpoints");
        assert_eq!((read[0].events.as_slice(), read[0].timeout_s), (&[EventName::MessageCreated][..], Some(10)));
        assert_eq!(read[0].secret.as_deref(), Some("abcdefghijklmnopqrstuvwx"));
        assert_eq!(read[0].authorization, Some(("X-Key".into(), "k".into())));
        assert_eq!(read[0].without_counterpart, ["filter by content", "header X-Convoy-Signature", "rate limit"]);
        assert_eq!((read[1].name.as_str(), read[1].is_off, read[1].events.len()), ("BI", true, 0));
    }

    #[test]
    fn without_subscriptions_all_events_are_selected() {
        let json = serde_json::json!({"content": [{"uid": "e1", "url": "https://crm.example.com/in"}]});
        let read = read(&json).expect("endpoints");
        assert_eq!(read[0].events, EventName::ALL);
        assert_eq!(read[0].without_counterpart.len(), 1);
    }
}
