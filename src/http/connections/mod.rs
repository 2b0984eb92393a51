//! The connections of the server: limits in all and for each peer, and which connections are closed when they are
//! scarce.
//!
//! actix-http has a timer for the head of the first request and one for idle connections. It does not end a connection
//! whose peer does not read or sends a later head byte by byte, and it does not count connections. Here each connection
//! is a [`Stream`] that records its phase; once a second the sweep reads all phases.

mod connection;
mod exchange;
mod limits;
mod stream;

use std::cmp::Reverse;
use std::collections::HashMap;
use std::net::IpAddr;
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use ipnet::IpNet;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout};

pub use self::exchange::Exchange;
pub use self::limits::HEAD_MAX;
pub use self::stream::Stream;

use self::connection::{Connection, Standing, now_ms};
use self::limits::{Pressure, TimeLimits, surplus};
use crate::domain::client_address::{self, TrustedProxies, canonical};
use crate::fault_injection;

/// Time between two sweeps.
const SWEEP_EVERY: Duration = Duration::from_secs(1);
/// Time between two sweeps while the pressure is critical.
const CRITICAL_SWEEP_EVERY: Duration = Duration::from_millis(100);
/// The least time between two sweeps, even if many connections begin.
const SWEEP_GAP_MIN: Duration = Duration::from_millis(20);
/// The least time between two log lines of one kind.
const LOG_EVERY: Duration = Duration::from_secs(60);

/// All connections of the server.
#[derive(Debug)]
pub struct Connections {
    times: TimeLimits,
    total_max: usize,
    per_peer_max: usize,
    trusted_proxies: TrustedProxies,
    /// Locked when a connection begins or ends and by the sweep; never for a read or write.
    open: Mutex<Open>,
    /// Notified when the pressure becomes critical; starts a sweep early.
    crowded: Arc<Notify>,
    refused: AtomicU64,
}

#[derive(Debug, Default)]
struct Open {
    count: usize,
    by_peer: HashMap<Peer, Vec<Arc<Connection>>>,
}

/// The key by which connections are counted. `is_limited` is part of it, because a trusted proxy may be in the same
/// group of addresses as limited peers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Peer {
    group: IpNet,
    is_limited: bool,
}

/// Limits that an operator or the machine sets.
#[derive(Clone, Debug)]
pub struct ConnectionLimits {
    /// An idle connection is closed after this time.
    pub keep_alive: Duration,
    /// Connections of the whole server.
    pub total_max: usize,
    /// Connections of one peer; loopback and trusted proxies have no such limit.
    pub per_peer_max: usize,
    /// Proxies that connect on behalf of many clients.
    pub trusted_proxies: TrustedProxies,
}

impl Connections {
    pub fn new(limits: ConnectionLimits) -> Self {
        Self {
            times: TimeLimits::new(limits.keep_alive),
            total_max: limits.total_max.max(1),
            per_peer_max: limits.per_peer_max.max(1),
            trusted_proxies: limits.trusted_proxies,
            open: Mutex::default(),
            crowded: Arc::default(),
            refused: AtomicU64::new(0),
        }
    }

    /// Counts a connection of `peer`; `None` if the peer is at its limit.
    pub fn admit(self: &Arc<Self>, peer: IpAddr) -> Option<Slot> {
        let peer = Peer { group: client_address::group(peer), is_limited: self.is_limited(peer) };
        let connection = Arc::new(Connection::new());
        let mut open = self.lock();
        let of_peer = open.by_peer.entry(peer).or_default();
        if peer.is_limited && of_peer.len() >= self.per_peer_max {
            self.refused.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        of_peer.push(Arc::clone(&connection));
        open.count += 1;
        if Pressure::of(open.count, self.total_max) == Pressure::Critical {
            self.crowded.notify_one();
        }
        drop(open);
        Some(Slot { connections: Arc::clone(self), peer, connection })
    }

    /// Loopback and trusted proxies connect on behalf of many clients, and are not limited.
    fn is_limited(&self, peer: IpAddr) -> bool {
        !canonical(peer).is_loopback() && !self.trusted_proxies.contain(peer)
    }

    /// Asks all connections that are past their time limit to close, and at critical pressure the most dispensable ones
    /// too. Returns the pressure.
    fn sweep(&self, now_ms: u64) -> Pressure {
        let mut over: Vec<(Arc<Connection>, Standing)> = Vec::new();
        let mut ranked = Vec::new();
        let open = self.lock();
        let (pressure, count) = (Pressure::of(open.count, self.total_max), open.count);
        for (peer, connections) in &open.by_peer {
            // Connections are scarce for a peer, too, that has more than half of its limit.
            let peer_is_short = peer.is_limited && connections.len() > self.per_peer_max / 2;
            let scarce = pressure != Pressure::Low || peer_is_short;
            for connection in connections {
                let standing = connection.standing();
                let age = standing.age(now_ms);
                if self.times.is_over(standing.phase, age, scarce) {
                    over.push((Arc::clone(connection), standing));
                } else if pressure == Pressure::Critical
                    && let Some(rank) = self.times.rank(standing.phase, age)
                {
                    ranked.push((rank, age, connection, standing));
                }
            }
        }
        let missing = surplus(count, self.total_max).saturating_sub(over.len());
        ranked.sort_unstable_by_key(|(rank, age, ..)| (*rank, Reverse(*age)));
        over.extend(ranked.into_iter().take(missing).map(|(.., connection, seen)| (Arc::clone(connection), seen)));
        drop(open);
        for (connection, standing) in over {
            connection.ask_to_close(standing);
        }
        pressure
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sweeps as long as `connections` is alive.
pub async fn sweep_forever(connections: Weak<Connections>) {
    let Some(crowded) = connections.upgrade().map(|connections| Arc::clone(&connections.crowded)) else { return };
    let (mut pressure, mut log) = (Pressure::Low, Log::default());
    loop {
        fault_injection::panic_point("connection-sweep");
        let every = if pressure == Pressure::Critical { CRITICAL_SWEEP_EVERY } else { SWEEP_EVERY };
        // A connection that makes the pressure critical starts the next sweep early.
        drop(timeout(fault_injection::connection(every), crowded.notified()).await);
        let Some(connections) = connections.upgrade() else { return };
        pressure = connections.sweep(now_ms());
        log.warn(&connections, pressure);
        drop(connections);
        sleep(SWEEP_GAP_MIN).await;
    }
}

/// When each line was last logged. Clients decide how often there is a reason, so each line has a minimum distance.
#[derive(Default)]
struct Log {
    crowded: Option<Instant>,
    refused: Option<Instant>,
}

impl Log {
    fn warn(&mut self, connections: &Connections, pressure: Pressure) {
        let is_due = |last: &Option<Instant>| last.is_none_or(|last| last.elapsed() >= LOG_EVERY);
        if pressure == Pressure::Critical && is_due(&self.crowded) {
            self.crowded = Some(Instant::now());
            tracing::warn!(limit = connections.total_max, "connections are nearly used up: idle ones are closed");
        }
        if is_due(&self.refused) {
            let refused = connections.refused.swap(0, Ordering::Relaxed);
            if refused > 0 {
                self.refused = Some(Instant::now());
                let limit = connections.per_peer_max;
                tracing::warn!(refused, limit, "peers had as many connections as --connections-per-peer allows");
            }
        }
    }
}

/// A counted connection; dropping it uncounts the connection.
#[derive(Debug)]
pub struct Slot {
    connections: Arc<Connections>,
    peer: Peer,
    connection: Arc<Connection>,
}

impl Deref for Slot {
    type Target = Arc<Connection>;
    fn deref(&self) -> &Self::Target {
        &self.connection
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut open = self.connections.lock();
        open.count -= 1;
        if let Some(of_peer) = open.by_peer.get_mut(&self.peer) {
            if let Some(at) = of_peer.iter().position(|known| Arc::ptr_eq(known, &self.connection)) {
                of_peer.swap_remove(at);
            }
            if of_peer.is_empty() {
                open.by_peer.remove(&self.peer);
            }
        }
    }
}

#[cfg(test)]
mod tests;
