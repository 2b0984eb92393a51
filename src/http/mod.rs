//! Pages and API over HTTP. Only this room (and `app`, which starts the server) names actix.

mod api;
mod api_limits;
mod assets;
mod connections;
mod error;
mod health;
mod log_limit;
pub mod middleware;
mod pages;
pub mod request;
mod routes;
mod sender_cache;
mod server;
mod state;

pub use self::server::server;
pub use self::state::State;
