//! The product from outside: the real binary, real databases, real sockets, a real browser.
//!
//! Each test starts its own server in its own folder (`support::App`), so all tests can run at the same time.
//! `HACHOK_TEST_DATABASE` chooses the database: `sqlite` (the default) or `postgres://…`.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test that cannot go on stops, and says where")]

mod api;
mod browser;
mod cli;
mod delivery;
mod faults;
mod fuzz;
mod house;
mod packages;
mod pages;
mod proxies;
mod support;
