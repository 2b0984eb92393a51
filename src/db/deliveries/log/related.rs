//! What the API and the pages say of deliveries beside their rows: the inboxes, and what was sent again as what.

use std::collections::HashMap;

use diesel::dsl::max;
use diesel::prelude::*;

use crate::db::schema::deliveries as d;
use crate::db::{DbConnection, Error, inboxes};
use crate::domain::deliveries::Delivery;
use crate::domain::id::{DeliveryId, InboxId};
use crate::domain::inboxes::Inbox;

/// The inboxes of some deliveries, and the deliveries that sent them again.
#[derive(Clone, Debug, Default)]
pub struct Related {
    /// By id.
    pub inboxes: HashMap<InboxId, Inbox>,
    /// The newest delivery that sent each of them again.
    pub resent_as: HashMap<DeliveryId, DeliveryId>,
}

impl Related {
    /// Two queries, whatever the number of deliveries.
    pub fn of(conn: &mut DbConnection, deliveries: &[&Delivery]) -> Result<Self, Error> {
        let ids: Vec<DeliveryId> = deliveries.iter().map(|delivery| delivery.id).collect();
        let mut named: Vec<InboxId> = deliveries.iter().filter_map(|delivery| delivery.inbox_id).collect();
        named.sort_unstable();
        named.dedup();
        Ok(Self { inboxes: inboxes::by_id(conn, &named)?, resent_as: resent_as(conn, &ids)? })
    }
}

/// The newest delivery that sent each of these again (by the index `deliveries_resend`).
pub fn resent_as(conn: &mut DbConnection, ids: &[DeliveryId]) -> Result<HashMap<DeliveryId, DeliveryId>, Error> {
    let again = d::table.filter(d::resend_of.is_not_null()).filter(d::resend_of.eq_any(ids));
    let newest = again.group_by(d::resend_of).select((d::resend_of, max(d::id)));
    let rows: Vec<(Option<DeliveryId>, Option<DeliveryId>)> = newest.load(conn)?;
    Ok(rows.into_iter().filter_map(|(of, id)| of.zip(id)).collect())
}
