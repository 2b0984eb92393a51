//! The concepts of the product and their rules: events, webhooks, deliveries and users, their valid values, and the
//! policies over them. Nothing here does input or output; time and randomness are arguments.

pub mod accounts;
pub mod chatwoot;
pub mod client_address;
pub mod clock_field;
pub mod cursor;
pub mod deliveries;
pub mod events;
pub mod form_token;
pub mod hex;
pub mod host;
pub mod id;
pub mod idempotency_key;
pub mod inboxes;
pub mod json;
pub mod name;
pub mod problem;
pub mod secret_box;
pub(crate) mod string_enum;
pub mod system;
pub mod text;
pub mod timestamp;
pub mod webhooks;
