//! The delivery log, a delivery, and sending failed deliveries again.

mod answers;
mod delivery;
mod held_and_failed;
mod log;
mod log_live;
mod resend;
mod states;
mod text_search;
mod time_filters;
