//! Entity tags of webhooks and inboxes, and `If-Match` (RFC 9110 §8.8.3, §13.1.1).
//!
//! A tag names the state of what a client can change, not every byte of the answer: a webhook that begins to fail keeps its tag,
//! so a change that was prepared before is still made.

use std::convert::Infallible;

use actix_web::http::header::{EntityTag, Header, IF_MATCH, IfMatch};
use actix_web::{FromRequest, HttpRequest, dev};
use futures_util::future::{Ready, ready};
use sha2::{Digest, Sha256};

use super::error::ApiError;
use crate::domain::hex::hex;
use crate::domain::inboxes::Inbox;
use crate::domain::webhooks::Webhook;

/// Changes with each change of the settings and with the switch.
pub fn of_webhook(webhook: &Webhook) -> EntityTag {
    EntityTag::new_strong(format!("{}-{}", webhook.version, if webhook.enabled { "on" } else { "off" }))
}

/// A hash of the fields, because inboxes have no version.
pub fn of_inbox(inbox: &Inbox) -> EntityTag {
    let fields = (&inbox.name, &inbox.external_id, &inbox.channel_type, inbox.archived_at.is_some());
    let hash = Sha256::digest(format!("{fields:?}"));
    EntityTag::new_strong(hex(hash.get(..HASH_BYTES).unwrap_or_default()))
}

/// Bytes of the hash in a tag: an inbox has few versions.
const HASH_BYTES: usize = 8;

/// The condition of a request, if it has `If-Match`.
pub struct Condition(Option<Expected>);

struct Expected {
    /// As it was sent, for the error.
    text: String,
    tags: IfMatch,
}

impl FromRequest for Condition {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        let text = request.headers().get(IF_MATCH).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        // What is no tag matches nothing.
        let tags = || IfMatch::parse(request).unwrap_or(IfMatch::Items(Vec::new()));
        ready(Ok(Self(text.map(|text| Expected { text, tags: tags() }))))
    }
}

impl Condition {
    /// 412 with both values if no tag of `If-Match` is the current one. A weak tag never is.
    pub fn check(&self, current: &EntityTag) -> Result<(), ApiError> {
        match &self.0 {
            Some(Expected { text, tags: IfMatch::Items(tags) }) if !tags.iter().any(|tag| tag.strong_eq(current)) => {
                Err(ApiError::precondition_failed(text, &current.to_string()))
            }
            _ => Ok(()),
        }
    }
}
