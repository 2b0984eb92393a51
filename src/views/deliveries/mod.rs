//! Deliveries: the log and one delivery with its attempts.

mod delivery;
mod json;
mod log;
mod outcome;

pub use delivery::{DeliveryPage, DeliveryView};
pub use log::{LogFilter, LogInput, LogLine, LogPage, LogRow};
pub use outcome::Outcome;
