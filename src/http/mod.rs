//! The pages and the API over HTTP. Only this room names actix.

mod api;
mod assets;
mod body;
mod clock_field;
mod cookie_names;
mod csrf;
mod error;
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
mod session;
mod state;

use std::net::TcpListener;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::middleware::{Compress, from_fn};
use actix_web::web::Data;
use actix_web::{App, HttpServer};

pub use state::State;

/// How long a client may take for the head of a request.
const HEAD_TIME: Duration = Duration::from_secs(5);

/// How long an idle connection stays: longer than most clients keep theirs, for a client that sends on a connection
/// which we are just closing gets no answer.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// A server on `listener`; at its end requests on their way have `last_requests` seconds.
pub fn server(state: State, listener: TcpListener, last_requests: u64) -> std::io::Result<Server> {
    let state = Data::new(state);
    let workers = std::thread::available_parallelism().map_or(2, usize::from).min(4);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(Data::clone(&state))
            .wrap(from_fn(host::check))
            .wrap(Compress::default())
            .wrap(from_fn(request_line::read))
            .wrap(from_fn(headers::add))
            .wrap(from_fn(body::close_unread))
            .configure(|routes| route::table(routes, &state))
    });
    Ok(server
        .workers(workers)
        .max_connections(1024)
        .client_request_timeout(HEAD_TIME)
        .keep_alive(KEEP_ALIVE)
        .shutdown_timeout(last_requests)
        .disable_signals()
        .listen(listener)?
        .run())
}
