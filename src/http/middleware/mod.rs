//! What a request passes before its handler, and a response after it.

pub(super) mod allowed_hosts;
pub(super) mod compression;
pub(super) mod error_bodies;
pub(super) mod error_pages;
pub(super) mod expectation;
pub mod idempotency;
pub(super) mod keep_form;
pub(super) mod load_page_context;
pub mod method_not_allowed;
pub(super) mod old_session;
pub(super) mod operator_answers;
pub(super) mod request_line;
pub(super) mod request_log;
pub(super) mod security_headers;
pub(super) mod session_store;
