//! The latest attempts of many deliveries.

use diesel::prelude::*;

use crate::db::schema::attempts;
use crate::db::{DbConnection, Error};
use crate::domain::deliveries::failure_cause::FailureCause;
use crate::domain::deliveries::{Attempt, AttemptOutcome, Delivery, LastAttempt, Status};
use crate::domain::id::DeliveryId;
use crate::domain::timestamp::Timestamp;

/// The attempt in flight, if there is one; `last_ended` is the number of the latest attempt that has ended.
pub(super) fn running(delivery: &Delivery, last_ended: Option<i32>) -> Option<Attempt> {
    let in_flight = delivery.status == Status::Pending && last_ended.is_none_or(|last| last < delivery.attempts);
    let until = delivery.leased_until.filter(|_| in_flight)?;
    Some(Attempt {
        number: delivery.attempts,
        started_at: until.before(crate::domain::webhooks::LEASE),
        duration_ms: None,
        outcome: AttemptOutcome::Started,
        cause: None,
        remote_ip: None,
        request_headers: Vec::new(),
        response: None,
    })
}

/// The attempts of these deliveries that have ended, without what was sent and answered; of each delivery oldest first.
pub(super) fn ended(conn: &mut DbConnection, ids: &[DeliveryId]) -> Result<Vec<(DeliveryId, LastAttempt)>, Error> {
    type Columns = (DeliveryId, i32, i64, Option<i64>, String, Option<String>, Option<i32>);
    let columns = (
        attempts::delivery_id,
        attempts::number,
        attempts::started_at,
        attempts::duration_ms,
        attempts::outcome,
        attempts::cause,
        attempts::status,
    );
    let rows = attempts::table.filter(attempts::delivery_id.eq_any(ids));
    let rows: Vec<Columns> = rows.order((attempts::delivery_id, attempts::number)).select(columns).load(conn)?;
    let summary = |(id, number, started, duration_ms, outcome, cause, status): Columns| {
        let attempt = LastAttempt {
            number,
            started_at: Timestamp::from_micros(started),
            duration_ms,
            outcome: AttemptOutcome::parse(&outcome).ok_or(Error::CorruptValue("outcome"))?,
            cause: cause.as_deref().and_then(FailureCause::parse),
            response_status: status.and_then(|status| u16::try_from(status).ok()),
        };
        Ok((id, attempt))
    };
    rows.into_iter().map(summary).collect()
}
