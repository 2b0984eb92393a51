//! Cache of ingest tokens: saves a query for each event of a busy sender.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::accounts::api_token::Token;

/// Tokens that have sent events, by hash. The transaction that stores an event checks again that its token is valid.
#[derive(Default)]
pub struct IngestTokenCache(Mutex<HashMap<Vec<u8>, Token>>);

/// When the cache holds this many tokens, it is emptied.
const CACHED_TOKENS_MAX: usize = 1000;

impl IngestTokenCache {
    /// Removes a token that is no longer valid.
    pub fn forget(&self, hash: &[u8]) {
        self.lock().remove(hash);
    }

    pub fn get(&self, hash: &[u8]) -> Option<Token> {
        self.lock().get(hash).cloned()
    }

    pub fn remember(&self, hash: Vec<u8>, token: Token) {
        let mut known = self.lock();
        if known.len() >= CACHED_TOKENS_MAX {
            known.clear();
        }
        known.insert(hash, token);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Vec<u8>, Token>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
