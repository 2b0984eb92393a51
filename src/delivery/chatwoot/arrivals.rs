//! Counts what comes from connected Chatwoots, in memory: a flood of refused requests writes to the database once in five
//! seconds.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::db::chatwoot::counts::{self, Arrivals, Tally, UNKNOWN_NAMES_MAX};
use crate::db::{Db, Error};
use crate::domain::chatwoot::connection::Refusal;
use crate::domain::id::ConnectionId;
use crate::domain::text;
use crate::domain::timestamp::Timestamp;

/// The longest name of an unknown event that is kept.
const NAME_CHARS_MAX: usize = 64;

/// Counts that are not stored yet. Only known connections have an entry, so strangers cannot make it grow.
#[derive(Default)]
pub(in crate::delivery) struct Counts(Mutex<Unstored>);

#[derive(Default)]
struct Unstored {
    connections: HashMap<ConnectionId, Arrivals>,
    wrong_keys: Option<Tally>,
}

impl Counts {
    /// Counts an event that was accepted.
    pub(in crate::delivery) fn accepted(&self, id: ConnectionId, now: Timestamp) {
        self.lock().connections.entry(id).or_default().last_event_at = Some(now);
    }

    /// Counts a refused request.
    pub(in crate::delivery) fn refused(&self, id: ConnectionId, reason: Refusal, now: Timestamp) {
        let mut counts = self.lock();
        let refusals = &mut counts.connections.entry(id).or_default().refusals;
        add(refusals.entry(reason.as_str()).or_insert(Tally { amount: 0, last_at: now }), 1, now);
    }

    /// Counts an event that the catalogue does not have.
    pub(in crate::delivery) fn unknown_event(&self, id: ConnectionId, name: &str, now: Timestamp) {
        let name = text::cleaned_to(name, NAME_CHARS_MAX);
        let mut counts = self.lock();
        let arrivals = counts.connections.entry(id).or_default();
        arrivals.last_event_at = Some(now);
        if !arrivals.unknown.contains_key(&name) && arrivals.unknown.len() >= UNKNOWN_NAMES_MAX {
            arrivals.other_unknown += 1;
        } else {
            add(arrivals.unknown.entry(name).or_insert(Tally { amount: 0, last_at: now }), 1, now);
        }
    }

    /// Counts a request whose key belongs to no connection.
    pub(in crate::delivery) fn wrong_key(&self, now: Timestamp) {
        add(self.lock().wrong_keys.get_or_insert(Tally { amount: 0, last_at: now }), 1, now);
    }

    /// Stores all counts. Those of a connection that could not be stored are kept.
    pub(in crate::delivery) async fn store(&self, db: &Db) -> Result<(), Error> {
        let Unstored { connections, wrong_keys } = std::mem::take(&mut *self.lock());
        let mut failed = Ok(());
        if let Some(tally) = wrong_keys
            && let Err(error) = db.write(move |conn| counts::add_wrong_keys(conn, tally)).await
        {
            add(self.lock().wrong_keys.get_or_insert(Tally { amount: 0, ..tally }), tally.amount, tally.last_at);
            failed = Err(error);
        }
        for (id, arrivals) in connections {
            let arrivals = Arc::new(arrivals);
            let stored = Arc::clone(&arrivals);
            if let Err(error) = db.write(move |conn| counts::add(conn, id, &stored)).await {
                self.put_back(id, &arrivals);
                failed = Err(error);
            }
        }
        failed
    }

    fn put_back(&self, id: ConnectionId, earlier: &Arrivals) {
        let mut counts = self.lock();
        let arrivals = counts.connections.entry(id).or_default();
        arrivals.last_event_at = arrivals.last_event_at.max(earlier.last_event_at);
        arrivals.other_unknown += earlier.other_unknown;
        for (reason, tally) in &earlier.refusals {
            add(arrivals.refusals.entry(reason).or_insert(Tally { amount: 0, ..*tally }), tally.amount, tally.last_at);
        }
        for (name, tally) in &earlier.unknown {
            let known = arrivals.unknown.entry(name.clone()).or_insert(Tally { amount: 0, ..*tally });
            add(known, tally.amount, tally.last_at);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Unstored> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn add(tally: &mut Tally, amount: i64, at: Timestamp) {
    tally.amount += amount;
    tally.last_at = tally.last_at.max(at);
}
