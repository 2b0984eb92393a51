//! Whether the SQLite file may be written to.

use std::sync::atomic::{AtomicU8, Ordering};

use crate::db::{Error, Unusable};

/// Whether the file may be written to. Damage stays until the next start; a file that is moved back is used again.
#[derive(Debug, Default)]
pub struct Usable(AtomicU8);

const GOOD: u8 = 0;
const MOVED: u8 = 1;
const DAMAGED: u8 = 2;

impl Usable {
    /// An error if writes would be lost or would worsen the damage.
    pub fn check(&self) -> Result<(), Unusable> {
        match self.0.load(Ordering::Relaxed) {
            GOOD => Ok(()),
            MOVED => Err(Unusable::Moved),
            _ => Err(Unusable::Damaged),
        }
    }

    /// Remembers a damaged file and logs it once. Called with the error of every statement: any may be the first to
    /// find the damage.
    pub fn note(&self, error: &Error) {
        if let Error::Damaged(text) = error
            && self.0.swap(DAMAGED, Ordering::Relaxed) != DAMAGED
        {
            tracing::error!(error = text, "the database file is damaged: nothing is accepted until it is restored");
        }
    }

    pub(super) fn set_moved(&self, moved: bool) {
        let (from, to) = if moved { (GOOD, MOVED) } else { (MOVED, GOOD) };
        if self.0.compare_exchange(from, to, Ordering::Relaxed, Ordering::Relaxed).is_err() {
            return;
        }
        if moved {
            tracing::error!("the database file was moved, removed or replaced: nothing is accepted until it is back");
        } else {
            tracing::info!("the database file is back");
        }
    }
}
