//! The delivery log, one delivery, and sending again what failed.

mod answers;
mod delivery;
mod held_and_failed;
mod log;
mod log_live;
mod resend;
mod text_search;
mod time_filters;
