//! One function per use case, called by pages and API alike.

pub mod cancellation;
pub mod import;
pub mod recoveries;
pub mod redelivery;
pub mod save_webhook;
pub mod secret_rotation;
pub mod test_event;

/// What the operation is about does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotFound;
