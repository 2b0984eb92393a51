//! The pages in a real Chromium, with and without scripts.

mod bars;
mod driver;
mod list;
mod probes;
mod scriptless;
mod tour;

pub use driver::{Browser, in_browser, in_scriptless_browser};
