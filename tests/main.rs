//! Hachok from outside: the real binary, real databases, real sockets, a real browser.
//!
//! Each test starts a server of its own in a folder of its own (`support::App`), so all of them can
//! run side by side. `HACHOK_TEST_DATABASE` says where the data stands: `sqlite` or `postgres://…`.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test that cannot go on stops, and says where")]

mod api;
mod browser;
mod cli;
mod delivery;
mod faults;
mod fuzz;
mod house;
mod pages;
mod proxies;
mod support;
