//! Conditions of the log that look at other tables: the state of a delivery depends on its webhook, the cause of a
//! failure on its latest attempt.

use diesel::QueryResult;
use diesel::backend::Backend;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, HasSqlType};

use crate::db::sql::literal::{LiteralSql, condition};
use crate::domain::deliveries::failure_cause::CauseGroup;
use crate::domain::deliveries::state::DeliveryState;

/// Holds for pending deliveries in this state at `now`. The rule is that of
/// [`Progress::of`](crate::domain::deliveries::state::Progress::of).
#[derive(Clone, Copy, Debug)]
pub(in crate::db) struct InState {
    pub state: DeliveryState,
    /// In microseconds since the Unix epoch.
    pub now: i64,
}

impl<DB> QueryFragment<DB> for InState
where
    DB: Backend + HasSqlType<BigInt> + 'static,
    i64: ToSql<BigInt, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        let (before, after) = match self.state {
            DeliveryState::Held => (
                "(deliveries.leased_until IS NULL AND deliveries.webhook_id IN (SELECT webhooks.id FROM webhooks \
                 WHERE webhooks.deleted_at IS NULL \
                 AND (NOT webhooks.enabled OR (webhooks.probe_at IS NULL AND webhooks.paused_until > ",
                "))))",
            ),
            DeliveryState::Waiting => (
                "(deliveries.leased_until IS NULL AND deliveries.webhook_id IN (SELECT webhooks.id FROM webhooks \
                 WHERE webhooks.deleted_at IS NULL AND webhooks.enabled AND (webhooks.probe_at IS NOT NULL \
                 OR (webhooks.backlog_full_since IS NOT NULL AND COALESCE(webhooks.paused_until, 0) <= ",
                "))))",
            ),
            DeliveryState::Retrying => (RETRYING, WITHOUT_OBSTACLE_END),
            DeliveryState::Queued => (QUEUED, WITHOUT_OBSTACLE_END),
            DeliveryState::Success | DeliveryState::Failed => {
                out.push_sql("FALSE");
                return Ok(());
            }
        };
        out.push_sql(before);
        out.push_bind_param::<BigInt, _>(&self.now)?;
        out.push_sql(after);
        Ok(())
    }
}

condition!(InState);

/// The text of a condition for deliveries that are being sent, or whose webhook sends what is due.
macro_rules! without_obstacle {
    ($steps:literal) => {
        concat!(
            "(",
            $steps,
            " AND (deliveries.leased_until IS NOT NULL OR deliveries.webhook_id NOT IN (SELECT webhooks.id FROM webhooks \
             WHERE webhooks.deleted_at IS NULL AND (NOT webhooks.enabled OR webhooks.probe_at IS NOT NULL \
             OR webhooks.backlog_full_since IS NOT NULL OR webhooks.paused_until > "
        )
    };
}

const RETRYING: &str = without_obstacle!("deliveries.steps > 0");
const QUEUED: &str = without_obstacle!("deliveries.steps = 0");
const WITHOUT_OBSTACLE_END: &str = "))))";

/// The text of a condition for deliveries whose latest attempt meets another condition.
///
/// A scalar subquery, not `EXISTS`: Postgres made a join of that, and read all partitions of `attempts` whole.
macro_rules! latest_attempt {
    ($condition:literal) => {
        concat!(
            "(SELECT attempts.number FROM attempts WHERE attempts.delivery_id = deliveries.id \
             AND attempts.number = deliveries.attempts AND ",
            $condition,
            " LIMIT 1) IS NOT NULL"
        )
    };
}

/// Holds for deliveries whose latest attempt failed with a cause of this group. The rule is that of
/// [`FailureCause::group`](crate::domain::deliveries::failure_cause::FailureCause::group).
pub(in crate::db) const fn latest_cause(group: CauseGroup) -> LiteralSql {
    LiteralSql(match group {
        CauseGroup::Status3xx => {
            latest_attempt!(
                "attempts.cause IN ('redirect', 'http_status', 'gone') AND attempts.status BETWEEN 300 AND 399"
            )
        }
        CauseGroup::Status4xx => {
            latest_attempt!(
                "attempts.cause IN ('redirect', 'http_status', 'gone') AND attempts.status BETWEEN 400 AND 499"
            )
        }
        CauseGroup::Status5xx => {
            latest_attempt!(
                "attempts.cause IN ('redirect', 'http_status', 'gone') AND attempts.status BETWEEN 500 AND 599"
            )
        }
        CauseGroup::Timeout => latest_attempt!("attempts.cause IN ('timeout', 'connect_timeout')"),
        CauseGroup::Refused => latest_attempt!("attempts.cause = 'connect_refused'"),
        CauseGroup::Reset => latest_attempt!("attempts.cause IN ('connect_reset', 'connection_closed')"),
        CauseGroup::Tls => latest_attempt!("attempts.cause = 'tls_error'"),
        CauseGroup::Dns => latest_attempt!("attempts.cause = 'dns_error'"),
        CauseGroup::Blocked => latest_attempt!("attempts.cause = 'blocked_address'"),
        CauseGroup::Other => latest_attempt!(
            "(attempts.cause IN ('invalid_http', 'internal') OR (attempts.cause IN ('redirect', 'http_status', 'gone') \
             AND COALESCE(attempts.status, 0) NOT BETWEEN 300 AND 599))"
        ),
    })
}
