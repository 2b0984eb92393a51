//! The list of webhooks, the form, and the pages of one webhook.

pub mod actions;
pub mod form;
pub mod held_deliveries;
pub mod list;
pub mod overview;
pub mod secret;
pub mod test_event;
pub mod verify_signature;
