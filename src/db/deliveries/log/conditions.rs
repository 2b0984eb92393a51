//! Conditions of the log that look at other tables: the state of a delivery depends on its webhook, the cause of a
//! failure on its latest attempt.

use diesel::QueryResult;
use diesel::backend::Backend;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, HasSqlType};

use crate::db::sql::literal::condition;
use crate::domain::deliveries::Status;
use crate::domain::deliveries::failure_cause::CauseGroup;
use crate::domain::deliveries::log_filter::StateFilter;
use crate::domain::timestamp::Timestamp;

/// Holds for deliveries in one of these states.
#[derive(Clone, Debug)]
pub(in crate::db) struct InStates {
    states: Vec<StateFilter>,
    /// In microseconds since the Unix epoch.
    now: i64,
}

impl InStates {
    /// `None` if all deliveries of the status that the states have in common are in one of them: then the part of the
    /// query that an index serves is enough.
    pub fn of(states: &[StateFilter], now: Timestamp) -> Option<Self> {
        let first = states.first()?.status();
        let is_whole = match first {
            _ if states.iter().any(|state| state.status() != first) => false,
            Status::Pending => states.contains(&StateFilter::Pending),
            Status::Failed => true,
            Status::Success => false,
        };
        (!is_whole).then(|| Self { states: states.to_vec(), now: now.micros() })
    }
}

impl<DB> QueryFragment<DB> for InStates
where
    DB: Backend + HasSqlType<BigInt> + 'static,
    i64: ToSql<BigInt, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        if self.states.len() > 1 {
            // There are more than a hundred combinations.
            out.unsafe_to_cache_prepared();
        }
        for (index, state) in self.states.iter().enumerate() {
            out.push_sql(if index == 0 { "((" } else { ") OR (" });
            let (before, after) = of_state(*state);
            out.push_sql(before);
            if !after.is_empty() {
                out.push_bind_param::<BigInt, _>(&self.now)?;
                out.push_sql(after);
            }
        }
        out.push_sql("))");
        Ok(())
    }
}

condition!(InStates);

/// The condition of a state: its text before and after the time. The rule is that of
/// [`Progress::of`](crate::domain::deliveries::state::Progress::of).
const fn of_state(state: StateFilter) -> (&'static str, &'static str) {
    match state {
        StateFilter::Held => (
            "deliveries.status = 'pending' AND deliveries.leased_until IS NULL AND deliveries.webhook_id IN (\
             SELECT webhooks.id FROM webhooks WHERE webhooks.deleted_at IS NULL \
             AND (NOT webhooks.enabled OR (webhooks.probe_at IS NULL AND webhooks.paused_until > ",
            ")))",
        ),
        StateFilter::Waiting => (
            "deliveries.status = 'pending' AND deliveries.leased_until IS NULL AND deliveries.webhook_id IN (\
             SELECT webhooks.id FROM webhooks WHERE webhooks.deleted_at IS NULL AND webhooks.enabled \
             AND (webhooks.probe_at IS NOT NULL \
             OR (webhooks.backlog_full_since IS NOT NULL AND COALESCE(webhooks.paused_until, 0) <= ",
            ")))",
        ),
        StateFilter::Retrying => (RETRYING, WITHOUT_OBSTACLE_END),
        StateFilter::Queued => (QUEUED, WITHOUT_OBSTACLE_END),
        StateFilter::Pending => ("deliveries.status = 'pending'", ""),
        StateFilter::Success => ("deliveries.status = 'success'", ""),
        StateFilter::Failed => ("deliveries.status = 'failed'", ""),
    }
}

/// The text of a condition for deliveries that are being sent, or whose webhook sends what is due.
macro_rules! without_obstacle {
    ($steps:literal) => {
        concat!(
            "deliveries.status = 'pending' AND ",
            $steps,
            " AND (deliveries.leased_until IS NOT NULL OR deliveries.webhook_id NOT IN (SELECT webhooks.id FROM webhooks \
             WHERE webhooks.deleted_at IS NULL AND (NOT webhooks.enabled OR webhooks.probe_at IS NOT NULL \
             OR webhooks.backlog_full_since IS NOT NULL OR webhooks.paused_until > "
        )
    };
}

const RETRYING: &str = without_obstacle!("deliveries.steps > 0");
const QUEUED: &str = without_obstacle!("deliveries.steps = 0");
const WITHOUT_OBSTACLE_END: &str = ")))";

/// Holds for deliveries whose latest attempt failed with a cause of one of these groups.
#[derive(Clone, Debug)]
pub(in crate::db) struct LatestCauses(Vec<CauseGroup>);

/// The condition for these groups; `None` without any.
pub(in crate::db) fn latest_causes(groups: &[CauseGroup]) -> Option<LatestCauses> {
    (!groups.is_empty()).then(|| LatestCauses(groups.to_vec()))
}

impl<DB: Backend> QueryFragment<DB> for LatestCauses {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        if self.0.len() > 1 {
            // There are a thousand combinations.
            out.unsafe_to_cache_prepared();
        }
        // A scalar subquery, not `EXISTS`: Postgres made a join of that, and read all partitions of `attempts` whole.
        out.push_sql(
            "(SELECT attempts.number FROM attempts WHERE attempts.delivery_id = deliveries.id \
             AND attempts.number = deliveries.attempts AND ",
        );
        for (index, group) in self.0.iter().enumerate() {
            out.push_sql(if index == 0 { "((" } else { ") OR (" });
            out.push_sql(of_cause(*group));
        }
        out.push_sql(")) LIMIT 1) IS NOT NULL");
        Ok(())
    }
}

condition!(LatestCauses);

/// The condition of a group of causes. The rule is that of
/// [`FailureCause::group`](crate::domain::deliveries::failure_cause::FailureCause::group).
const fn of_cause(group: CauseGroup) -> &'static str {
    match group {
        CauseGroup::Status3xx => {
            "attempts.cause IN ('redirect', 'http_status', 'gone') AND attempts.status BETWEEN 300 AND 399"
        }
        CauseGroup::Status4xx => {
            "attempts.cause IN ('redirect', 'http_status', 'gone') AND attempts.status BETWEEN 400 AND 499"
        }
        CauseGroup::Status5xx => {
            "attempts.cause IN ('redirect', 'http_status', 'gone') AND attempts.status BETWEEN 500 AND 599"
        }
        CauseGroup::Timeout => "attempts.cause IN ('timeout', 'connect_timeout')",
        CauseGroup::Refused => "attempts.cause = 'connect_refused'",
        CauseGroup::Reset => "attempts.cause IN ('connect_reset', 'connection_closed')",
        CauseGroup::Tls => "attempts.cause = 'tls_error'",
        CauseGroup::Dns => "attempts.cause = 'dns_error'",
        CauseGroup::Blocked => "attempts.cause = 'blocked_address'",
        CauseGroup::Other => {
            "attempts.cause IN ('invalid_http', 'internal') OR (attempts.cause IN ('redirect', 'http_status', 'gone') \
             AND COALESCE(attempts.status, 0) NOT BETWEEN 300 AND 599)"
        }
    }
}
