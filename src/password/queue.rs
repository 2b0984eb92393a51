//! The hashing thread and its queue.
//!
//! A single thread hashes, so that at most 19 MiB are in use, no matter how many people sign in. The queue is fair
//! between clients (an IPv4 address, or a /64 of IPv6): a client that sends a hundred requests delays another by at
//! most one of them, not by all.

use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use ipnet::IpNet;
use tokio::sync::oneshot;

use super::Workspace;

/// How long a caller waits for its hash.
const WAIT_MAX: Duration = Duration::from_secs(10);
/// Waiting requests of one client.
const WAITING_PER_CLIENT_MAX: usize = 16;
/// Waiting requests of all clients.
const WAITING_MAX: usize = 512;
/// The memory is released after this time without a request.
const IDLE: Duration = Duration::from_secs(1);

/// The queue is full, or the hash was not done in time.
#[derive(Debug, thiserror::Error)]
#[error("too many passwords are waiting to be hashed")]
pub struct Busy;

type Job = Box<dyn FnOnce(&mut Workspace) + Send>;

/// Runs password hashing on its own thread, with the clients taking turns.
pub struct Hasher(Arc<Shared>);

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Default)]
struct Queue {
    /// Clients with waiting requests, each once; the first is next.
    turns: VecDeque<IpNet>,
    waiting: HashMap<IpNet, VecDeque<Job>>,
    waiting_total: usize,
    ended: bool,
}

enum Next {
    Job(Job),
    Idle,
    End,
}

impl Hasher {
    /// Starts the thread. It ends when the `Hasher` is dropped.
    pub fn start() -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let of_thread = Arc::clone(&shared);
        thread::Builder::new().name("hashing".into()).spawn(move || of_thread.work())?;
        Ok(Self(shared))
    }

    /// Whether a request of this client would be queued now.
    pub fn has_room(&self, client: IpNet) -> bool {
        self.0.lock().has_room(client)
    }

    /// Runs `work` when it is the client's turn. Returns [`Busy`] if the queue is full, after 10 s, or if `work`
    /// panics. If the caller drops this future first, `work` is skipped.
    pub async fn run<T, F>(&self, client: IpNet, work: F) -> Result<T, Busy>
    where
        T: Send + 'static,
        F: FnOnce(&mut Workspace) -> T + Send + 'static,
    {
        self.run_within(WAIT_MAX, client, work).await
    }

    async fn run_within<T, F>(&self, wait_max: Duration, client: IpNet, work: F) -> Result<T, Busy>
    where
        T: Send + 'static,
        F: FnOnce(&mut Workspace) -> T + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let job = move |workspace: &mut Workspace| {
            if !answer.is_closed() {
                drop(answer.send(work(workspace)));
            }
        };
        self.0.lock().push(client, Box::new(job))?;
        self.0.changed.notify_one();
        tokio::time::timeout(wait_max, answered).await.map_err(|_| Busy)?.map_err(|_| Busy)
    }
}

impl Drop for Hasher {
    fn drop(&mut self) {
        self.0.lock().ended = true;
        self.0.changed.notify_one();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        let mut workspace = Workspace::default();
        loop {
            match self.next() {
                // The caller of a job that panics gets `Busy`; the thread continues with the next job.
                Next::Job(job) => drop(catch_unwind(AssertUnwindSafe(|| job(&mut workspace)))),
                Next::Idle => workspace.release(),
                Next::End => return,
            }
        }
    }

    fn next(&self) -> Next {
        let is_waiting = |queue: &mut Queue| queue.turns.is_empty() && !queue.ended;
        let (mut queue, idle) =
            self.changed.wait_timeout_while(self.lock(), IDLE, is_waiting).unwrap_or_else(PoisonError::into_inner);
        match queue.pop() {
            Some(job) => Next::Job(job),
            None if idle.timed_out() => Next::Idle,
            None => Next::End,
        }
    }
}

impl Queue {
    fn has_room(&self, client: IpNet) -> bool {
        let of_client = self.waiting.get(&client).map_or(0, VecDeque::len);
        of_client < WAITING_PER_CLIENT_MAX && self.waiting_total < WAITING_MAX
    }

    fn push(&mut self, client: IpNet, job: Job) -> Result<(), Busy> {
        if !self.has_room(client) {
            return Err(Busy);
        }
        let jobs = self.waiting.entry(client).or_default();
        if jobs.is_empty() {
            self.turns.push_back(client);
        }
        jobs.push_back(job);
        self.waiting_total += 1;
        Ok(())
    }

    /// Takes the next job. Its client moves to the end of the queue if it has more.
    fn pop(&mut self) -> Option<Job> {
        let client = self.turns.pop_front()?;
        let jobs = self.waiting.get_mut(&client)?;
        let job = jobs.pop_front();
        if jobs.is_empty() {
            self.waiting.remove(&client);
        } else {
            self.turns.push_back(client);
        }
        self.waiting_total -= 1;
        job
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use futures_util::FutureExt;

    use super::*;

    fn client(text: &str) -> IpNet {
        text.parse().expect("a network")
    }

    /// Queues jobs that send their name when they run.
    fn fill(queue: &mut Queue, names: &[(&str, &'static str)]) -> mpsc::Receiver<&'static str> {
        let (said, heard) = mpsc::channel();
        for &(from, name) in names {
            let said = said.clone();
            let job = Box::new(move |_: &mut Workspace| said.send(name).expect("a listener"));
            queue.push(client(from), job).expect("a place");
        }
        heard
    }

    #[test]
    fn clients_take_turns_in_the_queue() {
        let mut queue = Queue::default();
        let jobs = [
            ("192.0.2.1/32", "a1"),
            ("192.0.2.1/32", "a2"),
            ("192.0.2.1/32", "a3"),
            ("192.0.2.2/32", "b1"),
            ("2001:db8::/64", "c1"),
        ];
        let heard = fill(&mut queue, &jobs);
        while let Some(job) = queue.pop() {
            job(&mut Workspace::default());
        }
        assert_eq!(heard.try_iter().collect::<Vec<_>>(), ["a1", "b1", "c1", "a2", "a3"]);
        assert!(queue.waiting.is_empty() && queue.turns.is_empty() && queue.waiting_total == 0);
    }

    #[test]
    fn a_full_queue_refuses_further_jobs() {
        let mut queue = Queue::default();
        let nothing = || -> Job { Box::new(|_| {}) };
        for _ in 0..WAITING_PER_CLIENT_MAX {
            queue.push(client("192.0.2.1/32"), nothing()).expect("a place");
        }
        assert!(queue.push(client("192.0.2.1/32"), nothing()).is_err());
        for number in 0..u32::MAX {
            if queue
                .push(client(&format!("2001:db8:{:x}:{:x}::/64", number >> 16, number & 0xffff)), nothing())
                .is_err()
            {
                break;
            }
        }
        assert_eq!((queue.waiting_total, queue.turns.len()), (WAITING_MAX, queue.waiting.len()));
        while queue.pop().is_some() {}
        assert_eq!((queue.waiting_total, queue.waiting.len()), (0, 0));
    }

    #[tokio::test]
    async fn abandoned_work_is_skipped_and_a_panic_does_not_end_the_thread() {
        let hasher = Hasher::start().expect("a thread");
        let (running, is_running) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        let here = client("192.0.2.1/32");
        let blocked = hasher.run(here, move |_| {
            running.send(()).expect("a listener");
            released.recv().expect("a sender");
        });
        let (left, left_heard) = mpsc::channel();
        let abandoned = hasher.run(here, move |_| left.send(()).expect("a listener"));
        let mut blocked = Box::pin(blocked);
        assert!((&mut blocked).now_or_never().is_none());
        is_running.recv().expect("the thread");
        assert!(abandoned.now_or_never().is_none(), "polled once and dropped");
        let late = hasher.run_within(Duration::from_millis(1), client("192.0.2.9/32"), |_| ()).await;
        assert!(late.is_err(), "the wait has a limit");
        release.send(()).expect("the thread");
        blocked.await.expect("an answer");
        let failed: Result<(), Busy> = hasher.run(here, |_| panic!("a test panic")).await;
        assert!(failed.is_err());
        assert_eq!(hasher.run(here, |_| 7).await.expect("an answer"), 7);
        assert!(left_heard.try_recv().is_err(), "its caller was gone");
    }
}
