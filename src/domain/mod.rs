//! The words of the product, with no input or output: what an event, a webhook, a delivery and a
//! user are, which values they may have, and the rules that need no clock, die, disk or network.

pub mod accounts;
pub mod client_address;
pub mod cursor;
pub mod deliveries;
pub mod events;
pub mod form_token;
pub mod host;
pub mod id;
pub mod inboxes;
pub mod json;
pub mod problem;
pub mod secret_box;
pub mod system;
pub mod text;
pub mod timestamp;
pub mod webhooks;
