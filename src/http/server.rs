//! The server: actix-http's HTTP/1 service on [`Stream`]s, in the workers of actix-server.
//!
//! `actix_web::HttpServer` does the same on plain TCP streams and takes no other stream type.

use std::net::TcpListener;
use std::sync::{Arc, Weak};
use std::time::Duration;

use actix_http::error::DispatchError;
use actix_http::{HttpService, KeepAlive, Protocol, Request, Response};
use actix_server::Server;
use actix_service::{IntoServiceFactory, ServiceFactoryExt, apply_fn_factory, fn_factory, fn_service, map_config};
use actix_web::body::BoxBody;
use actix_web::dev::{AppConfig, Service};
use actix_web::middleware::from_fn;
use actix_web::web::Data;
use actix_web::{App, Error, rt};
use futures_util::future::ready;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use socket2::SockRef;
use tokio::net::TcpStream;

use super::connections::{ConnectionLimits, Connections, Exchange, HEAD_MAX, Stream, sweep_forever};
use super::middleware::{
    allowed_hosts, compression, error_bodies, expectation, request_line, request_log, security_headers,
};
use super::request::body;
use super::routes;
use super::state::State;
use crate::fault_injection;
use crate::liveness::{Beat, Part};

/// Threads that serve requests.
const WORKERS_MAX: usize = 4;

/// Connections of each worker.
const CONNECTIONS_PER_WORKER_MAX: usize = 1024;

/// File descriptors reserved for the database, files, pipes and timers; connections of clients and to receivers are
/// counted apart.
const OTHER_FILES: usize = 128;

/// A worker accepts this many connections even if file descriptors are fewer.
const CONNECTIONS_PER_WORKER_MIN: usize = 16;

/// After an early response, the unread rest of a request body is read and dropped for this long, so that the response
/// is not lost to a reset (RFC 9112 §9.6).
const LINGER: Duration = Duration::from_secs(1);

/// The kernel asks for more of a response when it holds less than this unsent. This limits the memory that a peer
/// which does not read can take, and makes the progress of a slow peer visible in small steps.
const UNSENT_MAX_BYTES: u32 = 64 * 1024;

/// A watchdog expects a beat within many seconds.
const BEAT_INTERVAL: Duration = Duration::from_millis(500);

/// A server on `listener`. When it stops, running requests have `last_requests` seconds to end.
pub fn server(state: State, listener: TcpListener, last_requests: u64) -> std::io::Result<Server> {
    let workers = std::thread::available_parallelism().map_or(2, usize::from).min(WORKERS_MAX);
    let other_files = OTHER_FILES + usize::from(state.delivery.in_flight);
    let files = raise_file_limit(workers * CONNECTIONS_PER_WORKER_MAX + other_files);
    let per_worker = connections_per_worker(workers, files.saturating_sub(other_files));
    let connections = Arc::new(Connections::new(ConnectionLimits {
        keep_alive: Duration::from_secs(state.web.keep_alive.into()),
        total_max: workers * per_worker,
        per_peer_max: state.web.connections_per_peer.into(),
        trusted_proxies: state.trusted_proxies.clone(),
    }));
    let swept = Arc::downgrade(&connections);
    state.engine.supervisor().supervise("connection-sweep", move || sweep_forever(Weak::clone(&swept)));
    hold_little(&listener)?;
    let liveness = state.engine.liveness().clone();
    let state = Data::new(state);
    let builder = Server::build()
        .workers(workers)
        .max_concurrent_connections(per_worker)
        .shutdown_timeout(last_requests)
        .disable_signals();
    let stopping = builder.graceful_shutdown_signal();
    let server = builder.listen("http", listener, move || {
        let (state, connections, stopping) = (Data::clone(&state), Arc::clone(&connections), stopping.clone());
        let (asked, liveness) = (Data::clone(&state), liveness.clone());
        let app = App::new()
            .app_data(Data::clone(&state))
            .wrap(from_fn(error_bodies::add))
            .wrap(from_fn(allowed_hosts::check))
            .wrap(from_fn(compression::compress))
            .wrap(from_fn(request_line::read))
            .wrap(from_fn(security_headers::add))
            .wrap(from_fn(body::close_unread))
            .wrap(from_fn(request_log::log))
            .configure(|routes| routes::table(routes, &state))
            .into_factory();
        let app = map_config(app, |()| AppConfig::default()).map_err(|error: Error| error.error_response());
        let tracked = apply_fn_factory(app, |mut request: Request, app| {
            let exchange = Exchange::begin(&mut request);
            let response = app.call(request);
            async move { response.await.map(|response| exchange.track(Response::from(response))) }
        });
        let http = HttpService::build()
            // The sweep closes idle connections: its limit depends on how many are open.
            .keep_alive(KeepAlive::Os)
            .client_request_timeout(fault_injection::connection(HEAD_MAX))
            .client_disconnect_timeout(LINGER)
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            .expect(fn_service(move |request: Request| {
                ready(expectation::check(&asked, request).map_err(|refusal| Response::<BoxBody>::from(*refusal)))
            }))
            .on_connect_ext(|stream: &Stream, data| _ = data.insert(stream.connection()))
            .finish(tracked);
        let accept = fn_service(move |tcp: TcpStream| {
            let connections = Arc::clone(&connections);
            async move {
                let peer = tcp.peer_addr()?;
                // Without it the last part of a large response waits for an acknowledgement, which peers delay by 40 ms.
                tcp.set_nodelay(true)?;
                // Dropping the socket closes it.
                let slot = connections.admit(peer.ip()).ok_or(DispatchError::DisconnectTimeout)?;
                Ok((Stream::new(tcp, slot), Protocol::Http1, Some(peer)))
            }
        });
        // Made in the thread of the worker.
        let watched = fn_factory(move || {
            let (beat, accept) = (liveness.part(Part::Http), accept.clone());
            async move {
                rt::spawn(beat_forever(beat));
                Ok::<_, ()>(accept)
            }
        });
        watched.and_then(http)
    })?;
    Ok(server.run())
}

/// Beats as long as the thread of a worker runs its tasks.
async fn beat_forever(beat: Beat) {
    loop {
        beat.beat();
        tokio::time::sleep(BEAT_INTERVAL).await;
    }
}

/// Sets `UNSENT_MAX_BYTES` on the listener; accepted sockets inherit it.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn hold_little(listener: &TcpListener) -> std::io::Result<()> {
    SockRef::from(listener).set_tcp_notsent_lowat(UNSENT_MAX_BYTES)
}

/// Only Linux has that option; elsewhere the size of the send buffer is the limit.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn hold_little(listener: &TcpListener) -> std::io::Result<()> {
    SockRef::from(listener).set_send_buffer_size(2 * UNSENT_MAX_BYTES as usize)
}

/// Raises the soft limit of open files (1,024 in many shells and containers) to `wanted` or to the hard limit, and
/// returns the limit in force. A server without free file descriptors can neither accept connections nor read its
/// database.
fn raise_file_limit(wanted: usize) -> usize {
    let wanted = u64::try_from(wanted).unwrap_or(u64::MAX);
    let limit = getrlimit(Resource::Nofile);
    let soft = limit.current.unwrap_or(u64::MAX);
    let raised = wanted.min(limit.maximum.unwrap_or(u64::MAX)).max(soft);
    let set = raised == soft || setrlimit(Resource::Nofile, Rlimit { current: Some(raised), ..limit }).is_ok();
    usize::try_from(if set { raised } else { soft }).unwrap_or(usize::MAX)
}

/// How many connections each worker accepts when `files` file descriptors are free for them.
fn connections_per_worker(workers: usize, files: usize) -> usize {
    (files / workers).clamp(CONNECTIONS_PER_WORKER_MIN, CONNECTIONS_PER_WORKER_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_fit_into_the_file_descriptors() {
        for (workers, files, per_worker) in
            [(1, 100_000, 1024), (4, 100_000, 1024), (4, 832, 208), (1, 832, 832), (4, 0, 16)]
        {
            assert_eq!(connections_per_worker(workers, files), per_worker, "{workers} workers, {files} files");
        }
    }
}
