//! The list of webhooks, the form, and the pages of a webhook.

mod conflict;
mod copies;
mod first_steps;
mod form_errors;
mod form_events;
mod form_layout;
mod form_sending;
mod header_errors;
mod list;
mod list_order;
mod secrets;
mod statistics;
mod test_event;
mod verify_signature;
