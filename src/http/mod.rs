//! The pages and the API over HTTP. Only this room names actix.

mod api;
mod assets;
mod body;
mod clock_field;
mod compression;
mod connections;
mod cookie_names;
mod csrf;
mod error;
mod expectation;
mod flash;
mod form;
mod form_limits;
mod headers;
mod health;
mod host;
mod kept_form;
mod log_limit;
pub mod log_query;
mod old_session;
mod once;
mod pages;
mod reader;
mod received_query;
mod request_line;
mod return_page;
mod route;
mod server;
mod session;
mod state;

pub use self::server::server;
pub use self::state::State;
