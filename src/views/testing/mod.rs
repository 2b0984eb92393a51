//! Every page with realistic values, and the tests that look at them.

pub(super) mod fixtures;
mod gallery;
mod tests;
