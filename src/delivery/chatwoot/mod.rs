//! Connections to Chatwoot: `client` calls its API, `visits` keeps the registered webhook (`remote_webhook`) and the inboxes
//! as they should be, `arrivals` counts what comes from there, `reconciler` finds what did not come, and `take_in` takes it
//! in.

pub(super) mod arrivals;
mod calls;
pub mod client;
mod listing;
pub(super) mod reconciler;
mod remote_webhook;
mod take_in;
pub(super) mod visits;
