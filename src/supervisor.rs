//! Starts background tasks again that end unexpectedly, by a panic or by returning.
//!
//! Such a task would else be missing until the next start of the process, while everything else seems to work.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

/// The pauses before a task is started again.
#[derive(Clone, Copy, Debug)]
struct Pauses {
    /// The first pause; each further one is twice as long …
    first: Duration,
    /// … up to this one.
    longest: Duration,
    /// A task that has run for so long works again: it is no longer reported, and its next pause is the first.
    works_after: Duration,
}

const PAUSES: Pauses =
    Pauses { first: Duration::from_secs(1), longest: Duration::from_secs(60), works_after: Duration::from_secs(5) };

/// A handle to the supervisor of a process; a clone is one more reference.
#[derive(Clone, Debug, Default)]
pub struct Supervisor(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    stopping: AtomicBool,
    /// Tasks that ended unexpectedly and do not yet work again, and how often each has ended.
    ended: Mutex<BTreeMap<&'static str, u32>>,
}

impl Supervisor {
    /// Runs the future that `start` makes, on the current runtime, and another one each time that it ends before
    /// [`Self::stop`]. What has to survive the end belongs outside the future. The name is for the log, `/readyz` and the
    /// status page.
    pub fn supervise<F, T>(&self, name: &'static str, start: F)
    where
        F: FnMut() -> T + Send + 'static,
        T: Future<Output = ()> + Send + 'static,
    {
        tokio::spawn(self.clone().run(name, boxed(start), PAUSES));
    }

    /// From now on tasks may end.
    pub fn stop(&self) {
        self.0.stopping.store(true, Ordering::Release);
    }

    /// The names of the tasks that ended unexpectedly and do not yet work again.
    pub fn ended(&self) -> Vec<&'static str> {
        self.lock().keys().copied().collect()
    }

    async fn run(self, name: &'static str, mut start: Start, pauses: Pauses) {
        let mut pause = pauses.first;
        while !self.is_stopping() {
            let mut task = std::pin::pin!(AssertUnwindSafe(async { start().await }).catch_unwind());
            let ended = match tokio::time::timeout(pauses.works_after, &mut task).await {
                Ok(ended) => ended,
                Err(_) => {
                    self.note_works(name);
                    pause = pauses.first;
                    task.await
                }
            };
            if self.is_stopping() {
                return;
            }
            self.note_end(name, ended.err().as_deref(), pause);
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(pauses.longest);
        }
    }

    /// Logs the first end of a series; the others are at `debug`.
    fn note_end(&self, name: &'static str, panic: Option<&(dyn std::any::Any + Send)>, pause: Duration) {
        let times = {
            let mut ended = self.lock();
            let times = ended.entry(name).or_default();
            *times = times.saturating_add(1);
            *times
        };
        let cause = panic.map_or("it returned", message);
        if times == 1 {
            tracing::error!(task = name, cause, "a task ended unexpectedly and is started again");
        } else {
            tracing::debug!(task = name, cause, times, pause_s = pause.as_secs(), "a task ended unexpectedly again");
        }
    }

    fn note_works(&self, name: &'static str) {
        if let Some(times) = self.lock().remove(name) {
            tracing::info!(task = name, times, "a task that had ended works again");
        }
    }

    fn is_stopping(&self) -> bool {
        self.0.stopping.load(Ordering::Acquire)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, u32>> {
        self.0.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes the future of a task.
type Start = Box<dyn FnMut() -> BoxFuture<'static, ()> + Send>;

/// Boxed, so that the code of the supervisor exists once and not for each task.
fn boxed<F, T>(mut start: F) -> Start
where
    F: FnMut() -> T + Send + 'static,
    T: Future<Output = ()> + Send + 'static,
{
    Box::new(move || Box::pin(start()))
}

/// The message of a panic.
fn message(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("panic")
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;
    use std::time::Instant;

    use tokio::sync::mpsc;

    use super::*;

    const SHORT: Pauses = Pauses {
        first: Duration::from_millis(10),
        longest: Duration::from_millis(40),
        works_after: Duration::from_millis(200),
    };

    #[tokio::test]
    async fn a_task_that_panics_or_returns_is_started_again_and_reported_until_it_works() {
        let (supervisor, starts) = (Supervisor::default(), Arc::new(AtomicU32::new(0)));
        let count = Arc::clone(&starts);
        let task = move || {
            let number = count.fetch_add(1, Ordering::SeqCst);
            async move {
                match number {
                    0 => panic!("for this test"),
                    1 => {}
                    _ => std::future::pending().await,
                }
            }
        };
        tokio::spawn(supervisor.clone().run("task", boxed(task), SHORT));
        let until = async |ended: &[&str]| {
            while supervisor.ended() != ended {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        until(&["task"]).await;
        until(&[]).await;
        assert_eq!(starts.load(Ordering::SeqCst), 3);
    }

    #[tokio::test]
    async fn the_pause_grows_to_its_bound() {
        let (began, starts) = mpsc::unbounded_channel();
        let task = move || {
            began.send(Instant::now()).expect("a listener");
            async { panic!("for this test") }
        };
        let mut starts = starts;
        tokio::spawn(Supervisor::default().run("task", boxed(task), SHORT));
        let mut before = starts.recv().await.expect("a start");
        for pause_ms in [10, 20, 40, 40, 40] {
            let next = starts.recv().await.expect("a start");
            assert!(next - before >= Duration::from_millis(pause_ms), "{pause_ms}: {:?}", next - before);
            before = next;
        }
    }

    #[tokio::test]
    async fn after_the_stop_a_task_may_end() {
        let supervisor = Supervisor::default();
        let stopping = supervisor.clone();
        let task = move || {
            stopping.stop();
            async {}
        };
        supervisor.clone().run("task", boxed(task), SHORT).await;
        assert_eq!(supervisor.ended(), Vec::<&str>::new());
    }

    #[tokio::test]
    async fn what_is_outside_the_future_survives_a_panic() {
        let (sender, receiver) = mpsc::unbounded_channel();
        let receiver = Arc::new(tokio::sync::Mutex::new(receiver));
        let heard = Arc::new(Mutex::new(Vec::new()));
        let heard_by_task = Arc::clone(&heard);
        let task = move || {
            let (receiver, heard) = (Arc::clone(&receiver), Arc::clone(&heard_by_task));
            async move {
                let mut receiver = receiver.lock().await;
                while let Some(number) = receiver.recv().await {
                    heard.lock().expect("a list").push(number);
                    assert!(number % 3 != 0, "for this test");
                }
            }
        };
        tokio::spawn(Supervisor::default().run("task", boxed(task), SHORT));
        for number in 0..10 {
            sender.send(number).expect("a receiver");
        }
        while heard.lock().expect("a list").len() < 10 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert_eq!(*heard.lock().expect("a list"), (0..10).collect::<Vec<_>>());
    }
}
