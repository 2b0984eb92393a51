//! Which requests come from this machine.

use actix_web::HttpRequest;

use crate::domain::client_address::canonical;

/// Headers by which proxies report for whom they ask (RFC 7239, RFC 9110 §7.6.3, and what nginx, Caddy, HAProxy, Envoy and
/// CDNs send).
const FORWARDING: [&str; 8] = [
    "forwarded",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
    "x-envoy-external-address",
    "cf-connecting-ip",
];

/// Whether a program on this machine sent the request: its peer is loopback, and no proxy forwarded it. A proxy that runs on
/// this machine and sends none of these headers cannot be recognised.
pub fn is_local(request: &HttpRequest) -> bool {
    let is_loopback = request.peer_addr().is_some_and(|peer| canonical(peer.ip()).is_loopback());
    is_loopback && !FORWARDING.iter().any(|name| request.headers().contains_key(*name))
}
