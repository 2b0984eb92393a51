//! Counts of what arrived at ingest: the time of the last event, refused requests, and events that the catalogue does not
//! have. They are collected in memory and added in one transaction, so that refused requests write nothing by themselves.

use std::collections::BTreeMap;

use diesel::prelude::*;

use super::registration;
use crate::db::schema::{
    chatwoot_connections as c, chatwoot_refusals as r, chatwoot_unknown_events as u, chatwoot_wrong_keys as k,
};
use crate::db::{DbConnection, Error};
use crate::domain::chatwoot::connection::{Counted, Refusal};
use crate::domain::id::ConnectionId;
use crate::domain::timestamp::Timestamp;

/// Names of unknown events that are counted singly for a connection.
pub const UNKNOWN_NAMES_MAX: usize = 50;

/// How often something occurred, and when last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    /// How often.
    pub amount: i64,
    /// When last.
    pub last_at: Timestamp,
}

/// What arrived for one connection since the last time.
#[derive(Clone, Debug, Default)]
pub struct Arrivals {
    /// When the last event was accepted.
    pub last_event_at: Option<Timestamp>,
    /// Refused requests by reason.
    pub refusals: BTreeMap<&'static str, Tally>,
    /// Unknown events by name.
    pub unknown: BTreeMap<String, Tally>,
    /// Unknown events beyond the names that are counted singly.
    pub other_unknown: i64,
}

/// Adds what arrived for a connection. A unique violation means that another process added the first count of a kind at the
/// same time: call it again.
pub fn add(conn: &mut DbConnection, id: ConnectionId, arrivals: &Arrivals) -> Result<(), Error> {
    for (reason, tally) in &arrivals.refusals {
        let (more, last_at) = (r::amount.eq(r::amount + tally.amount), r::last_at.eq(tally.last_at.micros()));
        if diesel::update(r::table.find((id, *reason))).set((more, last_at)).execute(conn)? == 0 {
            let key = (r::connection_id.eq(id), r::reason.eq(*reason));
            diesel::insert_into(r::table).values((key, r::amount.eq(tally.amount), last_at)).execute(conn)?;
        }
    }
    if let Some(tally) = arrivals.refusals.get(Refusal::SignatureWrong.as_str()) {
        registration::ask_check(conn, id, tally.last_at)?;
    }
    let known: Vec<String> = u::table.filter(u::connection_id.eq(id)).select(u::name).load(conn)?;
    let mut room = UNKNOWN_NAMES_MAX.saturating_sub(known.len());
    let mut other = arrivals.other_unknown;
    for (name, tally) in &arrivals.unknown {
        let last_at = u::last_at.eq(tally.last_at.micros());
        if known.contains(name) {
            let more = u::amount.eq(u::amount + tally.amount);
            diesel::update(u::table.find((id, name))).set((more, last_at)).execute(conn)?;
        } else if room > 0 {
            room -= 1;
            let key = (u::connection_id.eq(id), u::name.eq(name));
            diesel::insert_into(u::table).values((key, u::amount.eq(tally.amount), last_at)).execute(conn)?;
        } else {
            other += tally.amount;
        }
    }
    if other > 0 {
        let more = c::other_unknown_events + other;
        diesel::update(c::table.find(id)).set(c::other_unknown_events.eq(more)).execute(conn)?;
    }
    if let Some(at) = arrivals.last_event_at {
        diesel::update(c::table.find(id)).set(c::last_event_at.eq(at.micros())).execute(conn)?;
    }
    Ok(())
}

/// Adds requests whose key belongs to no connection.
pub fn add_wrong_keys(conn: &mut DbConnection, tally: Tally) -> Result<(), Error> {
    diesel::update(k::table)
        .set((k::amount.eq(k::amount + tally.amount), k::last_at.eq(tally.last_at.micros())))
        .execute(conn)?;
    Ok(())
}

/// The refused requests of a connection, the most recent first.
pub fn refusals(conn: &mut DbConnection, id: ConnectionId) -> Result<Vec<Counted<Refusal>>, Error> {
    let of_connection = r::table.filter(r::connection_id.eq(id)).order(r::last_at.desc());
    let rows: Vec<(String, i64, i64)> = of_connection.select((r::reason, r::amount, r::last_at)).load(conn)?;
    let counted = |(reason, amount, last_at): (String, i64, i64)| {
        let what = Refusal::parse(&reason)?;
        Some(Counted { what, amount: amount.unsigned_abs(), last_at: Timestamp::from_micros(last_at) })
    };
    Ok(rows.into_iter().filter_map(counted).collect())
}

/// The unknown events of a connection by name, the most recent first.
pub fn unknown_events(conn: &mut DbConnection, id: ConnectionId) -> Result<Vec<Counted<String>>, Error> {
    let of_connection = u::table.filter(u::connection_id.eq(id)).order(u::last_at.desc());
    let rows: Vec<(String, i64, i64)> = of_connection.select((u::name, u::amount, u::last_at)).load(conn)?;
    let counted = |(what, amount, last_at): (String, i64, i64)| Counted {
        what,
        amount: amount.unsigned_abs(),
        last_at: Timestamp::from_micros(last_at),
    };
    Ok(rows.into_iter().map(counted).collect())
}

/// The requests whose key belongs to no connection; `None` if there was none.
pub fn wrong_keys(conn: &mut DbConnection) -> Result<Option<Counted<()>>, Error> {
    let row: Option<(i64, Option<i64>)> = k::table.select((k::amount, k::last_at)).get_result(conn).optional()?;
    Ok(row.and_then(|(amount, last_at)| {
        Some(Counted { what: (), amount: amount.unsigned_abs(), last_at: Timestamp::from_micros(last_at?) })
    }))
}
