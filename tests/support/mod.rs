//! Shared by all tests: a running server, clients of its API and pages, and receivers of its webhooks.

mod api;
mod app;
pub mod chatwoot;
mod chatwoot_conversations;
mod clock;
mod database;
mod form;
mod page;
mod password_hash;
mod place;
mod pool;
pub mod ports;
mod raw;
mod receiver;
mod samples;
mod visitor;

pub use api::{Answer, Api};
pub use app::App;
pub use clock::{WAIT_TIMEOUT, eventually};
pub use database::{SqliteReader, sqlite};
pub use form::Form;
pub use page::Page;
pub use password_hash::{NEW_HASH_KIB, hash_with};
pub use place::Place;
pub use raw::Raw;
pub use receiver::{Received, Receiver, Reply};
pub use samples::{event, event_in, webhook};
pub use visitor::{EMAIL, PASSWORD, Visitor};

use std::sync::Once;

/// An HTTP client that follows no redirect, keeps no cookies and uses no proxy.
pub fn http() -> reqwest::Client {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .timeout(WAIT_TIMEOUT * 2)
        .build()
        .expect("a client")
}
