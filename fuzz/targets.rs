//! What must hold for any input, one function for each parser that reads bytes from outside. The suite calls them with
//! random and mutated inputs on stable Rust (`tests/fuzz/`); `cargo fuzz run NAME` calls them guided by coverage.

use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use hachok::delivery::policy::retry_after;
use hachok::domain::client_address::{self, TrustedProxies};
use hachok::domain::clock_field;
use hachok::domain::events::incoming::Incoming;
use hachok::domain::json::Members;
use hachok::domain::timestamp::Timestamp;
use hachok::domain::webhooks::address::AddressPolicy;
use hachok::domain::webhooks::target_url::TargetUrl;
use hachok::forms::Context;
use hachok::forms::webhook::WebhookForm;
use hachok::http::request::log_query::LogQuery;
use serde_json::value::RawValue;

/// `POST /api/v1/events`: an accepted body is JSON, its bytes are those that came, and a derived event differs from it
/// in the value of `event` alone.
pub fn ingest(data: &[u8]) {
    let Ok(event) = Incoming::parse(Bytes::copy_from_slice(data), "substatus") else { return };
    assert!(data.ends_with(&event.body), "the stored bytes are those that came");
    let object = |body| Members::read(std::str::from_utf8(body).expect("UTF-8")).expect("a body is a JSON object");
    let posted = object(&event.body);
    if let Some(inbox) = &event.inbox {
        for text in [Some(&inbox.external_id), inbox.name.as_ref()].into_iter().flatten() {
            assert!(!text.is_empty() && text.chars().count() <= 120, "{text:?}");
            assert!(!text.chars().any(char::is_control), "{text:?}");
        }
    }
    for (name, body) in &event.derived {
        let derived = object(body);
        assert_eq!(derived.get("event").map(RawValue::get), Some(format!("\"{}\"", name.as_str()).as_str()));
        let differ = posted.entries().iter().zip(derived.entries()).filter(|(posted, derived)| {
            assert_eq!(posted.0.get(), derived.0.get());
            posted.1.get() != derived.1.get()
        });
        assert_eq!((differ.count(), posted.entries().len()), (1, derived.entries().len()));
    }
}

/// The URL of a webhook: what is accepted is https to a full name, is stored as it is sent, and is accepted again.
pub fn target_url(data: &[u8]) {
    let Ok(typed) = std::str::from_utf8(data) else { return };
    let policy = AddressPolicy::default();
    let Ok(url) = TargetUrl::parse(typed, &policy) else { return };
    let stored = url.as_str();
    assert!(url.is_https() && stored.is_ascii() && stored.len() <= 2048, "{stored}");
    assert!(!stored.contains(['#', '\\', ' ']) && url.url().username().is_empty(), "{stored}");
    assert!(url.host().contains(['.', ':']), "{stored}");
    assert_eq!(TargetUrl::parse(stored, &policy).as_ref(), Ok(&url), "{stored}");
    assert_eq!(TargetUrl::from_stored(stored).as_ref(), Some(&url), "{stored}");
}

/// A posted webhook form: any pairs are checked without a fault, and what is accepted is one line where it is a header.
pub fn form_pairs(data: &[u8]) {
    let pairs: Vec<_> = url::form_urlencoded::parse(data).into_owned().collect();
    let form = WebhookForm::from_pairs(pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())));
    let policy = AddressPolicy::default();
    let Ok(webhook) = form.check(&Context { stored: None, inboxes: &[], policy: &policy }) else { return };
    assert!(webhook.headers.len() <= 20 && !webhook.events.is_empty());
    if let Some(name) = &webhook.name {
        assert!(!name.is_empty() && name.chars().count() <= 120 && !name.chars().any(char::is_control), "{name:?}");
    }
    for header in &webhook.headers {
        assert!(header.name.as_str().bytes().all(|byte| byte.is_ascii_graphic() && byte != b':'), "{:?}", header.name);
    }
}

/// `Retry-After`: nothing, or a moment within the next 24 hours.
pub fn retry_after(data: &[u8]) {
    let now = Timestamp::from_seconds(1_795_245_900);
    let Some(asked) = retry_after::parse(&String::from_utf8_lossy(data), now) else { return };
    assert!(asked > now && asked <= now.after(Duration::from_secs(24 * 3600)), "{asked:?}");
}

/// `X-Forwarded-For`: whatever the client writes, the address that the trusted proxy appends is the client's.
pub fn forwarded_for(data: &[u8]) {
    let written = String::from_utf8_lossy(data);
    let (proxy, appended) = (IpAddr::from([127, 0, 0, 1]), IpAddr::from([203, 0, 113, 9]));
    let trusted = TrustedProxies::new(vec![proxy.into()]);
    for last in ["203.0.113.9", "203.0.113.9:4711", "::ffff:203.0.113.9"] {
        let line = format!("{written}, {last}");
        assert_eq!(client_address::client(proxy, [line.as_str()], &trusted), appended, "{line}");
        assert_eq!(client_address::client(proxy, [&*written, last], &trusted), appended, "{line}");
    }
    let alone = client_address::client(proxy, [&*written], &trusted);
    assert_eq!(alone, client_address::canonical(alone));
    let stranger = IpAddr::from([198, 51, 100, 7]);
    assert_eq!(client_address::client(stranger, [&*written], &trusted), stranger);
}

/// The filters of the delivery log: any query is read, and the time that a field shows is the time that it was given.
pub fn log_query(data: &[u8]) {
    let (zone, now) = ("Europe/Kyiv", Timestamp::from_seconds(1_795_245_900));
    let mut query = LogQuery::default();
    for (name, value) in url::form_urlencoded::parse(data) {
        let value = Some(value.into_owned());
        match name.as_ref() {
            "webhook" => query.webhook = value,
            "status" => query.status = value,
            "event" => query.event = value,
            "inbox" => query.inbox = value,
            "from" => query.from = value,
            "to" => query.to = value,
            "period" => query.period = value,
            "test" => query.test = value,
            "q" => query.q = value,
            "cursor" => query.cursor = value,
            _ => {}
        }
    }
    let filter = query.parse(zone, now).filter;
    let shown = |at: Option<Timestamp>| at.and_then(|at| clock_field::shown(at, zone));
    let (from, to) = (shown(filter.from), shown(filter.to));
    let again = LogQuery { from, to, ..LogQuery::default() };
    let parsed = again.parse(zone, now).filter;
    assert_eq!((parsed.from, parsed.to), (filter.from, filter.to), "{again:?}");
}
