//! Ports that no other test of this suite uses.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};

use tokio::net::TcpSocket;

/// A port of 127.0.0.1 that refuses connections while this value lives: it is bound, but not listened on.
pub struct ClosedPort {
    address: SocketAddr,
    _socket: TcpSocket,
}

impl ClosedPort {
    pub fn new() -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind((Ipv4Addr::LOCALHOST, 0).into()).expect("a port");
        Self { address: socket.local_addr().expect("an address"), _socket: socket }
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// An HTTP address there.
    pub fn at(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

/// A port that is free on IPv4 and IPv6, for a server that needs its port in advance. It is below the range that the
/// kernel assigns itself (from 32768), so nothing takes it before the server starts or while it is down. Each port is
/// returned once.
pub fn free() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Suites that run at the same time begin at different ports.
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
