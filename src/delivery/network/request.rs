//! Builds the request of an attempt, and its headers as the log shows them.

use std::time::Duration;

use bytes::Bytes;
use secrecy::ExposeSecret;

use super::sender::{self, ConnectionChoice, PreparedRequest};
use crate::domain::deliveries::{Delivery, Trigger};
use crate::domain::timestamp::Timestamp;
use crate::domain::webhooks::Target;
use crate::domain::webhooks::header::sent_name::as_sent;

/// Replaces a secret value in logged request headers.
pub const HIDDEN: &str = "[hidden]";

/// The `user-agent` of every request. Ingest refuses events of Hachok by it, which would loop.
pub const USER_AGENT: &str = concat!("Hachok/", env!("CARGO_PKG_VERSION"));

/// A request and its logged headers.
pub struct Prepared {
    /// For the sender.
    pub request: PreparedRequest,
    /// The headers for the log: names as they are sent, secret values replaced by [`HIDDEN`].
    pub shown: Vec<(String, String)>,
}

/// Builds the request of a delivery's current attempt (docs/reference/webhook-requests.md). `now` becomes
/// `webhook-timestamp`. `None` if a stored header is not valid in HTTP.
pub fn prepare(target: &Target, delivery: &Delivery, body: Bytes, now: Timestamp) -> Option<Prepared> {
    let id = delivery.event_id.to_string();
    let timestamp = now.seconds();
    let mut headers = Headers::default();
    headers.plain("Content-Type", "application/json")?;
    headers.plain("User-Agent", USER_AGENT)?;
    headers.plain("Webhook-Id", &id)?;
    headers.plain("Webhook-Timestamp", &timestamp.to_string())?;
    headers.masked("Webhook-Signature", &signatures(target, &id, &body, now), "v1,")?;
    headers.plain("X-Hachok-Event", delivery.event.as_str())?;
    headers.plain("X-Hachok-Delivery", &delivery.id.to_string())?;
    headers.plain("X-Hachok-Attempt", &delivery.attempts.to_string())?;
    if delivery.trigger == Trigger::Test {
        headers.plain("X-Hachok-Test", "1")?;
    }
    if let Some((name, value)) = target.authorization.header() {
        headers.masked(&name, value.expose_secret(), scheme(&name, value.expose_secret()))?;
    }
    for header in &target.headers {
        if header.hidden {
            headers.masked(&header.name, header.value.expose_secret(), "")?;
        } else {
            headers.plain(&header.name, header.value.expose_secret())?;
        }
    }
    let request = PreparedRequest {
        url: target.url.clone(),
        headers: headers.sent,
        body,
        timeout: Duration::from_secs(target.options.timeout_s.into()),
        connection: connection(delivery),
    };
    Some(Prepared { request, shown: headers.shown })
}

/// A new connection where the end of a kept one must not be what fails: for the one attempt of a test, and after an
/// interruption, so that a delivery meets the end of a kept connection once at most.
fn connection(delivery: &Delivery) -> ConnectionChoice {
    if delivery.trigger == Trigger::Test || delivery.was_interrupted() {
        ConnectionChoice::New
    } else {
        ConnectionChoice::Kept
    }
}

/// The signature by the current secret, followed by the old secret's until its overlap ends.
fn signatures(target: &Target, id: &str, body: &[u8], now: Timestamp) -> String {
    let mut entries = target.secret.sign(id, now.seconds(), body);
    if let Some((old, _)) = target.old_secret.as_ref().filter(|(_, until)| now < *until) {
        entries.push(' ');
        entries.push_str(&old.sign(id, now.seconds(), body));
    }
    entries
}

/// The scheme of an `Authorization` header with the blank after it, which is not secret; empty for other headers.
fn scheme<'a>(name: &str, value: &'a str) -> &'a str {
    match value.find(' ') {
        Some(end) if name.eq_ignore_ascii_case("authorization") => value.get(..=end).unwrap_or_default(),
        _ => "",
    }
}

#[derive(Default)]
/// Headers as they are sent, and as the log shows them. The methods return `None` for an invalid name or value.
struct Headers {
    sent: sender::Headers,
    shown: Vec<(String, String)>,
}

impl Headers {
    fn plain(&mut self, name: &str, value: &str) -> Option<()> {
        self.sent.append(name, value)?;
        self.shown.push((as_sent(name), value.to_owned()));
        Some(())
    }

    fn masked(&mut self, name: &str, value: &str, visible: &str) -> Option<()> {
        self.sent.append(name, value)?;
        self.shown.push((as_sent(name), format!("{visible}{HIDDEN}")));
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::deliveries::Status;
    use crate::domain::events::catalogue::EventName;
    use crate::domain::id::{DeliveryId, EventId, WebhookId};
    use crate::domain::webhooks::authorization::Authorization;
    use crate::domain::webhooks::header::SentHeader;
    use crate::domain::webhooks::header::name::HeaderName;
    use crate::domain::webhooks::options::Options;
    use crate::domain::webhooks::signing::SigningSecret;
    use crate::domain::webhooks::target_url::TargetUrl;

    fn prepared(authorization: Authorization) -> Prepared {
        with(authorization, "x-tenant", "shop").expect("a request")
    }

    fn with(authorization: Authorization, name: &str, value: &str) -> Option<Prepared> {
        let target = Target {
            webhook_id: WebhookId(1),
            version: 1,
            url: TargetUrl::from_stored("https://example.com/h").expect("a URL"),
            authorization,
            headers: vec![
                SentHeader { name: name.into(), value: value.into(), hidden: false },
                SentHeader { name: "x-key".into(), value: "s3cret-header".into(), hidden: true },
            ],
            secret: SigningSecret::from_random([1; 32]),
            old_secret: Some((SigningSecret::from_random([2; 32]), Timestamp::from_seconds(50))),
            options: Options::default(),
        };
        let delivery = Delivery {
            id: DeliveryId(2),
            event_id: EventId(1),
            event: EventName::MessageCreated,
            webhook_id: WebhookId(1),
            inbox_id: None,
            status: Status::Pending,
            reason: None,
            trigger: Trigger::Event,
            attempts: 3,
            steps: 2,
            next_attempt_at: None,
            leased_until: None,
            created_at: Timestamp::from_seconds(0),
            finished_at: None,
            resend_of: None,
            recovery_id: None,
        };
        prepare(&target, &delivery, Bytes::from_static(b"{}"), Timestamp::from_seconds(10))
    }

    #[test]
    fn the_log_never_holds_a_secret() {
        let custom = HeaderName::parse_custom("X-Api-Key").expect("a name");
        for authorization in [
            Authorization::Bearer("s3cret-token".into()),
            Authorization::Basic("anna".into(), "s3cret-password".into()),
            Authorization::Custom(custom, "s3cret value".into()),
        ] {
            let shown = format!("{:?}", prepared(authorization).shown);
            assert!(!shown.contains("s3cret") && !shown.contains("YW5uYTpz"), "{shown}");
            assert_eq!(shown.matches(HIDDEN).count(), 3);
        }
    }

    #[test]
    fn an_invalid_header_is_never_sent() {
        for (name, value) in
            [("x-a", "b\r\nx-evil: 1"), ("x-a", "b\0"), ("x a", "b"), ("x-a\r\nx-evil", "1"), ("", "b")]
        {
            assert!(with(Authorization::None, name, value).is_none(), "{name:?}: {value:?}");
        }
    }

    #[test]
    fn an_old_secret_signs_too_during_its_overlap() {
        let prepared = prepared(Authorization::None);
        let value = prepared.request.headers.get("webhook-signature").unwrap_or_default();
        assert_eq!(value.split(' ').filter(|entry| entry.starts_with("v1,")).count(), 2);
    }
}
