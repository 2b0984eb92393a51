//! The delivery log, one delivery with its attempts, sending again, recoveries.

mod delivery;
mod json;
mod log;
mod open_states;
mod outcome;
mod progress;
mod recovery;
mod resend;

pub(in crate::views) use json::Json;

pub use delivery::{DeliveryPage, DeliveryView};
pub use log::{LogInput, LogLine, LogPage, LogRow, Matching, News};
pub use open_states::OpenStates;
pub use outcome::Outcome;
pub use recovery::{RecoveryPage, RecoveryView, UnsentPart};
pub use resend::{RecoveryRow, ResendInput, ResendPage};
