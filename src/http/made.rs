//! Webhooks made a moment ago: a double click sends the same form twice, and makes one webhook.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
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
pub struct Made(Mutex<VecDeque<(Vec<u8>, Timestamp, Done)>>);

impl Made {
    /// What came of the form before, or of `make` now. A twin that comes meanwhile waits.
    pub fn once<T: From<Done>, E>(
        &self,
        form: &[u8],
        now: Timestamp,
        make: impl FnOnce() -> Result<Result<Done, T>, E>,
    ) -> Result<T, E> {
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        made.retain(|(_, at, _)| now.since(*at) < MEMORY);
        if let Some((_, _, done)) = made.iter().find(|(known, _, _)| known == form) {
            return Ok(done.clone().into());
        }
        let done = match make()? {
            Ok(done) => done,
            Err(other) => return Ok(other),
        };
        if made.len() == MOST {
            made.pop_front();
        }
        made.push_back((form.to_vec(), now, done.clone()));
        Ok(done.into())
    }

    /// Nothing came of the form after all.
    pub fn forget(&self, form: &[u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|(known, _, _)| known != form);
    }
}
