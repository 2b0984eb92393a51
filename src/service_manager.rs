//! Reports the state of the server to the service manager: the protocol of systemd (sd_notify(3)), which some other
//! supervisors speak, too. Does nothing if `NOTIFY_SOCKET` is not set.
//!
//! One datagram a message needs no crate.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How often a long start asks for more time …
const EXTEND_EVERY: Duration = Duration::from_secs(10);
/// … and for how much. The time-out of the unit has to be longer than the first part of the start.
const EXTEND_BY: Duration = Duration::from_secs(60);

/// How long a message waits while the queue of the socket is full: ten messages by default on Linux.
const SEND_TIMEOUT: Duration = Duration::from_secs(2);

/// The socket of the service manager.
#[derive(Debug)]
pub struct ServiceManager {
    socket: Option<(UnixDatagram, SocketAddr)>,
    watchdog: Option<Duration>,
}

impl ServiceManager {
    /// As `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID` say.
    pub fn from_environment() -> Self {
        let socket = std::env::var_os("NOTIFY_SOCKET").filter(|name| !name.is_empty());
        let socket = socket.and_then(|name| match open(&name) {
            Ok(socket) => Some(socket),
            Err(error) => {
                tracing::warn!(%error, "NOTIFY_SOCKET cannot be used");
                None
            }
        });
        let number = |name| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
        let is_for_this_process = number("WATCHDOG_PID").is_none_or(|pid| pid == u64::from(std::process::id()));
        let micros = number("WATCHDOG_USEC").filter(|micros| is_for_this_process && *micros > 0);
        Self { socket, watchdog: micros.map(Duration::from_micros) }
    }

    /// The server works; `status` is shown by `systemctl status`.
    pub fn ready(&self, status: &str) {
        self.send(&format!("READY=1\nSTATUS={status}"));
    }

    /// The server begins to stop.
    pub fn stopping(&self, status: &str) {
        self.send(&format!("STOPPING=1\nSTATUS={status}"));
    }

    /// The process is ended if [`Self::alive`] is not called within this time; `None` without a watchdog.
    pub fn watchdog(&self) -> Option<Duration> {
        self.watchdog.filter(|_| self.socket.is_some())
    }

    /// The process works.
    pub fn alive(&self) {
        self.send("WATCHDOG=1");
    }

    /// Begins work that may take longer than the time-out of the start. Nothing is sent before [`LongWork::say`].
    pub fn long_work(&self) -> LongWork {
        let Some((socket, address)) = &self.socket else { return LongWork(None) };
        let Ok(socket) = socket.try_clone() else { return LongWork(None) };
        let address = address.clone();
        let (steps, said) = channel::<String>();
        let thread = thread::spawn(move || {
            let Ok(mut status) = said.recv() else { return };
            loop {
                // Only the last of several short steps.
                status = said.try_iter().last().unwrap_or(status);
                let message = format!("EXTEND_TIMEOUT_USEC={}\nSTATUS={status}", EXTEND_BY.as_micros());
                drop(socket.send_to_addr(message.as_bytes(), &address));
                match said.recv_timeout(EXTEND_EVERY) {
                    Ok(next) => status = next,
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => return,
                }
            }
        });
        LongWork(Some((steps, thread)))
    }

    /// A lost message must not end the server: the manager may have gone.
    fn send(&self, message: &str) {
        if let Some((socket, address)) = &self.socket {
            drop(socket.send_to_addr(message.as_bytes(), address));
        }
    }
}

/// Asks for more time until it is dropped.
#[derive(Debug)]
pub struct LongWork(Option<(Sender<String>, JoinHandle<()>)>);

impl LongWork {
    /// Says which part of the work begins.
    pub fn say(&self, step: &str) {
        if let Some((steps, _)) = &self.0 {
            drop(steps.send(step.to_owned()));
        }
    }
}

impl Drop for LongWork {
    /// Waits for the thread, so that nothing is sent after the next message of the server.
    fn drop(&mut self) {
        if let Some((steps, thread)) = self.0.take() {
            drop(steps);
            drop(thread.join());
        }
    }
}

fn open(name: &OsStr) -> std::io::Result<(UnixDatagram, SocketAddr)> {
    let socket = UnixDatagram::unbound()?;
    // A manager that does not read must not stop the server; one that is busy must not miss a message.
    socket.set_write_timeout(Some(SEND_TIMEOUT))?;
    let address = match name.as_bytes().strip_prefix(b"@") {
        Some(abstract_name) => abstract_address(abstract_name)?,
        None => SocketAddr::from_pathname(name)?,
    };
    Ok((socket, address))
}

#[cfg(target_os = "linux")]
fn abstract_address(name: &[u8]) -> std::io::Result<SocketAddr> {
    use std::os::linux::net::SocketAddrExt;
    SocketAddr::from_abstract_name(name)
}

/// Only Linux has abstract names.
#[cfg(not(target_os = "linux"))]
fn abstract_address(_name: &[u8]) -> std::io::Result<SocketAddr> {
    Err(std::io::ErrorKind::Unsupported.into())
}
