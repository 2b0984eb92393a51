//! Writes results down, many in one commit.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::mpsc;

use super::engine::Inner;
use crate::db::deliveries::{self, Finished};
use crate::db::{Db, Error};
use crate::sabotage;

/// Results in one commit.
const BATCH: usize = 256;
/// A result that cannot be written is dropped when its lease has run out: the delivery is sent again then.
const PAUSE: Duration = Duration::from_millis(500);

/// Writes results down until the last sender is gone.
pub(super) async fn run(inner: Arc<Inner>, mut queue: mpsc::Receiver<Finished>) {
    let mut batch = Vec::with_capacity(BATCH);
    loop {
        let Some(first) = queue.recv().await else { return };
        batch.push(first);
        while batch.len() < BATCH
            && let Ok(more) = queue.try_recv()
        {
            batch.push(more);
        }
        let written = batch.len();
        write(&inner.db, std::mem::take(&mut batch)).await;
        if inner.running.fetch_sub(written, Ordering::AcqRel) == written {
            inner.settled.notify_one();
        }
    }
}

async fn write(db: &Db, batch: Vec<Finished>) {
    if record(db, batch.clone()).await.is_ok() {
        return;
    }
    // One bad result must not take the others with it.
    for finished in batch {
        while let Err(error) = record(db, vec![finished.clone()]).await {
            let now = db.now().await.unwrap_or_else(|_| crate::clock::now());
            tracing::error!(%error, delivery = %finished.id, "a result could not be written down");
            if now >= finished.lease.until {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// Writes results down in one commit.
pub(super) async fn record(db: &Db, batch: Vec<Finished>) -> Result<(), Error> {
    let now = db.now().await?;
    sabotage::point("send-before-record");
    db.write(move |conn| batch.iter().try_for_each(|finished| deliveries::record(conn, finished, now).map(drop))).await
}
