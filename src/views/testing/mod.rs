//! Every page rendered with realistic values, and the tests that read them.

pub(super) mod fixtures;
mod gallery;
mod tests;
