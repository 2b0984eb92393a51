//! The pages and the API over HTTP. Only this room names actix.

mod api;
mod assets;
mod connections;
mod error;
mod health;
mod log_limit;
pub mod middleware;
mod pages;
pub mod request;
mod routes;
mod server;
mod state;

pub use self::server::server;
pub use self::state::State;
