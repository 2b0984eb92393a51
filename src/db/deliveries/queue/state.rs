//! The two changes of a row of `deliveries` that several statements make: its state changes, and its lease is taken or
//! released.

use diesel::prelude::*;

use super::rows::Lease;
use crate::db::schema::deliveries as d;
use crate::db::sql::literal::PENDING;
use crate::db::{DbConnection, Error};
use crate::domain::deliveries::{Next, Reason, Status};
use crate::domain::id::DeliveryId;
use crate::domain::timestamp::Timestamp;

/// The columns of the state. They change together: a delivery that has ended is not due, and one that has not has no end.
#[derive(Clone, Copy, AsChangeset)]
#[diesel(table_name = d, treat_none_as_null = true)]
pub(in crate::db) struct State {
    status: &'static str,
    reason: Option<&'static str>,
    next_attempt_at: Option<i64>,
    finished_at: Option<i64>,
}

impl State {
    /// Delivered at `now`.
    pub(in crate::db) const fn succeeded(now: Timestamp) -> Self {
        Self { status: Status::Success.as_str(), reason: None, next_attempt_at: None, finished_at: Some(now.micros()) }
    }

    /// Failed permanently at `now`.
    pub(in crate::db) const fn failed(reason: Reason, now: Timestamp) -> Self {
        Self {
            status: Status::Failed.as_str(),
            reason: Some(reason.as_str()),
            next_attempt_at: None,
            finished_at: Some(now.micros()),
        }
    }

    /// Due at `at`.
    const fn pending(at: Timestamp) -> Self {
        Self { status: Status::Pending.as_str(), reason: None, next_attempt_at: Some(at.micros()), finished_at: None }
    }

    /// The state after an attempt whose result is stored at `now`.
    pub(in crate::db) const fn after(next: Next, now: Timestamp) -> Self {
        match next {
            Next::Done => Self::succeeded(now),
            Next::RetryAt(at) => Self::pending(at),
            Next::Repeat => Self::pending(now),
            Next::GiveUp(reason) => Self::failed(reason, now),
        }
    }
}

/// The columns of the lease. A delivery that ends while its attempt is in flight keeps them, so that the attempt can still
/// be stored.
#[derive(Clone, Copy, AsChangeset)]
#[diesel(table_name = d, treat_none_as_null = true)]
pub(in crate::db) struct Leased {
    lease: Option<i64>,
    leased_until: Option<i64>,
}

impl Leased {
    /// No process has the lease any more.
    pub(in crate::db) const RELEASED: Self = Self { lease: None, leased_until: None };

    pub(in crate::db) const fn to(lease: Lease) -> Self {
        Self { lease: Some(lease.token), leased_until: Some(lease.until.micros()) }
    }
}

/// Ends a pending delivery as failed. False if it has ended already. A lease stays, so that an attempt in flight can still
/// add its row.
pub(in crate::db) fn fail_permanently(
    conn: &mut DbConnection,
    id: DeliveryId,
    reason: Reason,
    now: Timestamp,
) -> Result<bool, Error> {
    let pending = d::table.find(id).filter(PENDING);
    Ok(diesel::update(pending).set(State::failed(reason, now)).execute(conn)? > 0)
}
