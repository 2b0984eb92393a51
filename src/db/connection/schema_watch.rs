//! Notices that a newer version has migrated the database while this process serves it.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::migrations;
use crate::db::{Db, Error};

/// The pause between two looks.
const CHECK_INTERVAL: Duration = Duration::from_secs(5);

impl Db {
    /// Waits until the database has a migration that this version does not know; returns the error with which a start would
    /// then be refused.
    pub async fn until_newer(&self) -> Error {
        loop {
            tokio::time::sleep(CHECK_INTERVAL).await;
            if let Err(error @ Error::Newer(_)) = self.read(|conn| migrations::tables(conn).map(drop)).await {
                self.is_newer.store(true, Ordering::Relaxed);
                return error;
            }
        }
    }

    /// Whether [`Self::until_newer`] has found such a migration.
    pub fn is_newer(&self) -> bool {
        self.is_newer.load(Ordering::Relaxed)
    }
}
