//! One function per use case, called by pages and API alike.

pub mod redelivery;
pub mod secret_rotation;
