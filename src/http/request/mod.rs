//! Reading a request: user and session, form, query, body.

pub(super) mod batch_memory;
pub(super) mod body;
pub(super) mod cookie_names;
pub(super) mod csrf;
pub(super) mod double_submit;
pub(super) mod form;
pub(super) mod form_limits;
pub(super) mod kept_form;
pub(super) mod local_peer;
pub mod log_query;
pub(super) mod one_time_secret;
pub(super) mod page_context;
pub(super) mod posted_form;
pub(super) mod received_query;
pub(super) mod request_id;
pub(super) mod return_page;
pub(super) mod session;
