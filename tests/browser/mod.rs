//! The pages in a real Chromium, with and without scripts.

mod bars;
mod chatwoot;
mod driver;
mod fallbacks;
mod list;
mod on_demand;
mod probes;
mod refusals;
mod scriptless;
mod three_minutes;
mod tour;

pub use driver::{Browser, in_browser, in_scriptless_browser};
