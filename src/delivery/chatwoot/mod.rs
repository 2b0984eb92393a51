//! Connections to Chatwoot: `client` calls its API, `visits` keeps the registered webhook and the inboxes as they should be,
//! and `arrivals` counts what comes from there.

pub(super) mod arrivals;
mod calls;
pub mod client;
pub(super) mod visits;
