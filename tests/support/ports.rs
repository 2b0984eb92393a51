//! Ports that no other test of this suite comes by.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};

use tokio::net::TcpSocket;

/// A port of 127.0.0.1 that refuses connections for as long as this lives: it is taken, and nobody listens.
pub struct Nobody {
    address: SocketAddr,
    _socket: TcpSocket,
}

impl Nobody {
    /// A new one.
    pub fn new() -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind((Ipv4Addr::LOCALHOST, 0).into()).expect("a port");
        Self { address: socket.local_addr().expect("an address"), _socket: socket }
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// An HTTP address there.
    pub fn at(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

/// A port that is free in IPv4 and IPv6, for a server that must be told one. Below those that the kernel gives
/// to listeners and connections that ask for any (from 32768), so that none of these takes it before the server
/// does or while the server is down; each is drawn once.
pub fn free() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Far apart for suites that run at once.
    let first = (std::process::id() * 97 % 10_000) as u16;
    for _ in 0..10_000 {
        let port = 20_000 + (first + NEXT.fetch_add(1, Ordering::Relaxed)) % 10_000;
        let taken = [TcpListener::bind((Ipv4Addr::LOCALHOST, port)), TcpListener::bind((Ipv6Addr::LOCALHOST, port))]
            .into_iter()
            .any(|bound| bound.is_err_and(|error| error.kind() == std::io::ErrorKind::AddrInUse));
        if !taken {
            return port;
        }
    }
    panic!("no free port");
}
