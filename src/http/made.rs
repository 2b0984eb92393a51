//! Webhooks made a moment ago: a double click sends the same form twice, and makes one webhook.

use std::collections::VecDeque;
use std::time::Duration;

use crate::domain::id::WebhookId;
use crate::domain::signing::SigningSecret;
use crate::domain::timestamp::Timestamp;

/// How long a form is remembered.
const MEMORY: Duration = Duration::from_secs(60);
/// And how many of them.
const MOST: usize = 64;

/// A webhook that was stored.
#[derive(Clone, Debug)]
pub struct Done {
    /// The webhook.
    pub id: WebhookId,
    /// The key of a new one, to be shown once.
    pub secret: Option<SigningSecret>,
    /// The title of another webhook with the same address.
    pub same_url: Option<String>,
}

/// What came of the forms of the last minute, by their fingerprints.
#[derive(Debug, Default)]
pub struct Made(VecDeque<(Vec<u8>, Timestamp, Done)>);

impl Made {
    /// What came of that form before.
    pub fn find(&self, form: &[u8], now: Timestamp) -> Option<Done> {
        let lately = |at: &Timestamp| now.since(*at) < MEMORY;
        self.0.iter().find(|(known, at, _)| known == form && lately(at)).map(|(_, _, done)| done.clone())
    }

    /// Notes what came of a form, in place of the oldest.
    pub fn remember(&mut self, form: Vec<u8>, now: Timestamp, done: Done) {
        if self.0.len() == MOST {
            self.0.pop_front();
        }
        self.0.push_back((form, now, done));
    }
}
