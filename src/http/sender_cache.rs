//! Tokens that have sent events, so that who sends many is not looked up each time.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::accounts::api_token::Token;

/// Tokens that have sent events, by their hashes: who sends many is not looked up each time. Whether they still stand
/// is asked in the transaction that stores the event.
#[derive(Default)]
pub struct Senders(Mutex<HashMap<Vec<u8>, Token>>);

/// Tokens that are remembered; beyond it all are forgotten.
const REMEMBERED: usize = 1000;

impl Senders {
    /// Not good any more.
    pub fn forget(&self, hash: &[u8]) {
        self.lock().remove(hash);
    }

    pub fn get(&self, hash: &[u8]) -> Option<Token> {
        self.lock().get(hash).cloned()
    }

    pub fn remember(&self, hash: Vec<u8>, token: Token) {
        let mut known = self.lock();
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(hash, token);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Vec<u8>, Token>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
