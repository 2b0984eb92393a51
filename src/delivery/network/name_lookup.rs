//! Looks up the addresses of host names, on threads of its own.
//!
//! getaddrinfo blocks and cannot be cancelled: with two name servers that do not answer it returns after 20 s, long after
//! the request that asked has timed out. On the blocking pool of the runtime, which also runs the queries of Postgres, 20
//! webhooks with such names took all 512 threads, and deliveries to others waited for 10 s (95th percentile).

use std::collections::{HashMap, HashSet};
use std::io::{self, ErrorKind};
use std::net::{IpAddr, ToSocketAddrs};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore, watch};

use crate::fault_injection;

/// Names that are looked up at the same time, each on one thread.
const LOOKUPS_MAX: usize = 32;
/// Of these, names whose last lookup took too long. The other threads are for names that are found.
const SLOW_LOOKUPS_MAX: usize = 16;
/// Names that are remembered as slow. Beyond this number all are forgotten: they share the threads until they are slow
/// again.
const SLOW_NAMES_MAX: usize = 1024;

/// Looks up a name and blocks until it has an answer.
type Resolve = dyn Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync;

/// The result of a lookup; `None` while it runs.
type Answer = Option<Result<Vec<IpAddr>, ErrorKind>>;

/// Runs lookups on at most 32 threads. Requests for a name whose lookup is running wait for that one.
pub struct LookupThreads {
    resolve: Box<Resolve>,
    /// A lookup that takes longer makes its name a slow one.
    slow_after: Duration,
    free: Arc<Semaphore>,
    free_for_slow: Arc<Semaphore>,
    names: Mutex<Names>,
}

#[derive(Default)]
struct Names {
    running: HashMap<String, watch::Receiver<Answer>>,
    slow: HashSet<String>,
}

/// Allows one lookup to run. Dropping it makes room for another.
#[derive(Default)]
struct LookupPermit {
    _thread: Option<OwnedSemaphorePermit>,
    _slow_thread: Option<OwnedSemaphorePermit>,
}

impl LookupThreads {
    /// Threads that ask the name service of the machine (getaddrinfo, so `/etc/hosts` too).
    pub fn of_system(slow_after: Duration) -> Arc<Self> {
        Self::new(slow_after, |host| match fault_injection::name_answer(host) {
            Some(answer) => answer,
            None => Ok((host, 0).to_socket_addrs()?.map(|address| address.ip()).collect()),
        })
    }

    fn new(
        slow_after: Duration,
        resolve: impl Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            resolve: Box::new(resolve),
            slow_after,
            free: Arc::new(Semaphore::new(LOOKUPS_MAX)),
            free_for_slow: Arc::new(Semaphore::new(SLOW_LOOKUPS_MAX)),
            names: Mutex::default(),
        })
    }

    /// The addresses of `host`. Waits for a free thread first, without a limit: the caller has one. A caller that stops
    /// waiting leaves the queue; a lookup that has begun continues on its thread. [`ErrorKind::TimedOut`] if the name
    /// service failed after more than the time after which a lookup is slow.
    pub async fn lookup(self: &Arc<Self>, host: &str) -> io::Result<Vec<IpAddr>> {
        let running = self.names().running.get(host).cloned();
        let mut answer = match running {
            Some(answer) => answer,
            None => {
                let permit = self.permit(host).await.map_err(io::Error::other)?;
                self.join_or_start(host, permit)?
            }
        };
        // The sender is dropped without an answer only if the thread panicked.
        let answer = answer.wait_for(Option::is_some).await.map_err(io::Error::other)?.clone();
        answer.unwrap_or(Err(ErrorKind::Other)).map_err(io::Error::from)
    }

    /// Waits until a lookup of `host` may begin. `localhost` need not wait: its address is in a file of the machine.
    async fn permit(&self, host: &str) -> Result<LookupPermit, AcquireError> {
        if host == "localhost" {
            return Ok(LookupPermit::default());
        }
        let is_slow = self.names().slow.contains(host);
        let slow = if is_slow { Some(Arc::clone(&self.free_for_slow).acquire_owned().await?) } else { None };
        Ok(LookupPermit { _thread: Some(Arc::clone(&self.free).acquire_owned().await?), _slow_thread: slow })
    }

    /// Joins the lookup of `host` if another request has begun one meanwhile; else begins one.
    fn join_or_start(self: &Arc<Self>, host: &str, permit: LookupPermit) -> io::Result<watch::Receiver<Answer>> {
        let mut names = self.names();
        if let Some(answer) = names.running.get(host) {
            return Ok(answer.clone());
        }
        let (sender, answer) = watch::channel(None);
        names.running.insert(host.to_owned(), answer.clone());
        // If the thread cannot be started, `running` is dropped here, which locks the names.
        drop(names);
        let running =
            Running { threads: Arc::clone(self), host: host.to_owned(), began: Instant::now(), _permit: permit };
        thread::Builder::new().name("name-lookup".to_owned()).spawn(move || {
            let answer = running.resolve();
            // Before the answer: a request that has it may ask for the same name again.
            drop(running);
            sender.send_replace(Some(answer));
        })?;
        Ok(answer)
    }

    fn names(&self) -> MutexGuard<'_, Names> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A lookup on its thread. Its end, also by a panic, makes room for the next one.
struct Running {
    threads: Arc<LookupThreads>,
    host: String,
    began: Instant,
    _permit: LookupPermit,
}

impl Running {
    fn resolve(&self) -> Result<Vec<IpAddr>, ErrorKind> {
        let result = (self.threads.resolve)(&self.host);
        let is_slow = self.began.elapsed() >= self.threads.slow_after;
        let slow = &mut self.threads.names().slow;
        if !is_slow {
            slow.remove(&self.host);
        } else {
            if slow.len() >= SLOW_NAMES_MAX {
                slow.clear();
            }
            slow.insert(self.host.clone());
        }
        result.map_err(|error| if is_slow { ErrorKind::TimedOut } else { error.kind() })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.threads.names().running.remove(&self.host);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Condvar;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::future::join_all;
    use tokio::time::timeout;

    use super::*;

    /// A name service that answers names that begin with `slow` only while it is awake.
    #[derive(Default)]
    struct NameServer {
        is_awake: Mutex<bool>,
        woken: Condvar,
        asked: AtomicUsize,
        waiting: AtomicUsize,
    }

    const ADDRESS: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
    const SHORT: Duration = Duration::from_millis(200);

    impl NameServer {
        fn threads(self: &Arc<Self>, slow_after: Duration) -> Arc<LookupThreads> {
            let server = Arc::clone(self);
            LookupThreads::new(slow_after, move |host| {
                server.asked.fetch_add(1, Ordering::SeqCst);
                if host.starts_with("slow") {
                    server.waiting.fetch_add(1, Ordering::SeqCst);
                    let is_awake = server.is_awake.lock().unwrap();
                    drop(server.woken.wait_while(is_awake, |is_awake| !*is_awake).unwrap());
                    server.waiting.fetch_sub(1, Ordering::SeqCst);
                }
                Ok(vec![ADDRESS])
            })
        }

        fn set_awake(&self, is_awake: bool) {
            *self.is_awake.lock().unwrap() = is_awake;
            self.woken.notify_all();
        }

        async fn until_waiting(&self, lookups: usize) {
            while self.waiting.load(Ordering::SeqCst) != lookups {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    }

    /// Starts lookups of `count` slow names, which no request waits for any more.
    async fn ask(threads: &Arc<LookupThreads>, count: usize) {
        let names = (0..count).map(|number| format!("slow{number}.example"));
        join_all(names.map(async |name| drop(timeout(SHORT, threads.lookup(&name)).await))).await;
    }

    #[tokio::test]
    async fn requests_for_the_same_name_share_one_thread() {
        let server = Arc::new(NameServer::default());
        let threads = server.threads(Duration::from_secs(5));
        let wake = async {
            server.until_waiting(1).await;
            server.set_awake(true);
        };
        let lookups = (0..50).map(|_| threads.lookup("slow.example"));
        let (answers, ()) = tokio::join!(join_all(lookups), wake);
        assert!(answers.into_iter().all(|answer| answer.unwrap() == [ADDRESS]));
        assert_eq!(server.asked.load(Ordering::SeqCst), 1);
        threads.lookup("slow.example").await.unwrap();
        assert_eq!(server.asked.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn the_33rd_name_waits_for_a_thread_and_localhost_does_not() {
        let server = Arc::new(NameServer::default());
        let threads = server.threads(Duration::from_secs(5));
        ask(&threads, LOOKUPS_MAX + 8).await;
        server.until_waiting(LOOKUPS_MAX).await;
        assert!(timeout(SHORT, threads.lookup("found.example")).await.is_err());
        assert_eq!(threads.lookup("localhost").await.unwrap(), [ADDRESS]);
        server.set_awake(true);
        assert_eq!(threads.lookup("found.example").await.unwrap(), [ADDRESS]);
        // The eight that no request waited for any more were never asked.
        assert_eq!(server.asked.load(Ordering::SeqCst), LOOKUPS_MAX + 2);
    }

    #[tokio::test]
    async fn names_that_were_slow_leave_threads_to_the_others_until_they_are_quick() {
        let server = Arc::new(NameServer::default());
        let threads = server.threads(Duration::from_millis(50));
        ask(&threads, LOOKUPS_MAX).await;
        server.set_awake(true);
        server.until_waiting(0).await;
        while !threads.names().running.is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        server.set_awake(false);
        ask(&threads, LOOKUPS_MAX).await;
        server.until_waiting(SLOW_LOOKUPS_MAX).await;
        assert_eq!(threads.lookup("found.example").await.unwrap(), [ADDRESS]);
        server.set_awake(true);
        threads.lookup("slow20.example").await.unwrap();
        assert!(!threads.names().slow.contains("slow20.example"));
    }

    #[tokio::test]
    async fn a_failure_after_a_long_time_is_a_timeout_and_a_panic_is_a_failure() {
        let threads = LookupThreads::new(Duration::from_millis(20), |host| match host {
            "late.example" => {
                thread::sleep(Duration::from_millis(30));
                Err(io::Error::other("no name server answered"))
            }
            "panic.example" => panic!("for this test"),
            _ => Err(io::Error::other("no such name")),
        });
        let kind = async |host| threads.lookup(host).await.unwrap_err().kind();
        assert_eq!(kind("late.example").await, ErrorKind::TimedOut);
        assert_eq!(kind("unknown.example").await, ErrorKind::Other);
        assert_eq!(kind("panic.example").await, ErrorKind::Other);
        assert!(threads.names().running.is_empty());
    }
}
