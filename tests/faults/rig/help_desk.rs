//! A help desk that posts numbered events and records on disk what was accepted.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::time::{Duration, Instant};

use reqwest::Client;
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tokio::task::{JoinHandle, JoinSet};

use crate::support::{App, http};

/// An event that was posted.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    /// SHA-256 of its body.
    pub sum: [u8; 32],
    /// When it was first posted.
    pub at: Instant,
}

/// The result of a post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Posted {
    /// 202 with that id, recorded in the ledger.
    Accepted(String),
    /// Another status, and the value of `Retry-After`.
    Refused(u16, Option<String>),
    /// No response.
    Broken,
}

pub struct HelpDesk {
    client: Client,
    token: String,
    bases: RwLock<Vec<String>>,
    next: AtomicU64,
    sent: Mutex<BTreeMap<u64, Sent>>,
    accepted: Mutex<BTreeMap<u64, String>>,
    answers: Mutex<Vec<Posted>>,
    news: tokio::sync::Notify,
    file: Mutex<File>,
    _folder: TempDir,
}

impl HelpDesk {
    /// Posts to that server.
    pub fn new(app: &App) -> Arc<Self> {
        let folder = TempDir::new().expect("a folder");
        let file = File::create(folder.path().join("ledger")).expect("a ledger");
        Arc::new(Self {
            client: http(),
            token: app.token("ingest"),
            bases: RwLock::new(vec![app.url.clone()]),
            next: AtomicU64::new(1),
            sent: Mutex::default(),
            accepted: Mutex::default(),
            answers: Mutex::default(),
            news: tokio::sync::Notify::new(),
            file: Mutex::new(file),
            _folder: folder,
        })
    }

    /// Posts to these servers in turn from now on.
    pub fn posts_to(&self, bases: Vec<String>) {
        *self.bases.write().expect("bases") = bases;
    }

    pub async fn post(&self) -> Posted {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let sum = Sha256::digest(body(number)).into();
        self.sent.lock().expect("sent").insert(number, Sent { sum, at: Instant::now() });
        self.post_number(number).await
    }

    /// Posts an event, possibly again, with the same `Idempotency-Key`.
    async fn post_number(&self, number: u64) -> Posted {
        let base = {
            let bases = self.bases.read().expect("bases");
            bases[usize::try_from(number).unwrap_or(0) % bases.len()].clone()
        };
        let request = self.client.post(format!("{base}/api/v1/events")).bearer_auth(&self.token);
        let request = request.header("content-type", "application/json").header("idempotency-key", number.to_string());
        let posted = match request.body(body(number)).send().await {
            Err(_) => Posted::Broken,
            Ok(answer) if answer.status() == 202 => match answer.bytes().await {
                Ok(bytes) => self.note(number, &bytes),
                Err(_) => Posted::Broken,
            },
            Ok(answer) => {
                let wait = answer.headers().get("retry-after").and_then(|value| value.to_str().ok());
                Posted::Refused(answer.status().as_u16(), wait.map(ToOwned::to_owned))
            }
        };
        self.answers.lock().expect("answers").push(posted.clone());
        self.news.notify_waiters();
        posted
    }

    /// Records an accepted event: on disk before the caller continues.
    fn note(&self, number: u64, answer: &[u8]) -> Posted {
        let answer: serde_json::Value = serde_json::from_slice(answer).expect("JSON");
        let id = answer["id"].as_str().expect("an id").to_owned();
        let mut file = self.file.lock().expect("the ledger");
        writeln!(file, "{number} {id}").and_then(|()| file.sync_data()).expect("a ledger on disk");
        let known = self.accepted.lock().expect("accepted").insert(number, id.clone());
        assert!(known.is_none_or(|known| known == id), "event {number} has two ids");
        Posted::Accepted(id)
    }

    /// Repeats all events without a 202 until each has one; panics after 600 rounds.
    pub async fn settle(&self) {
        for _ in 0..600 {
            let open = self.open();
            if open.is_empty() {
                return;
            }
            for number in open {
                self.post_number(number).await;
            }
            // Short: the `Retry-After` of the server is longer than this.
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{} events are not accepted even now", self.open().len());
    }

    fn open(&self) -> Vec<u64> {
        let accepted = self.accepted.lock().expect("accepted");
        self.sent.lock().expect("sent").keys().filter(|number| !accepted.contains_key(number)).copied().collect()
    }

    /// All events posted so far.
    pub fn sent(&self) -> BTreeMap<u64, Sent> {
        self.sent.lock().expect("sent").clone()
    }

    /// All accepted events: number and id.
    pub fn accepted(&self) -> BTreeMap<u64, String> {
        self.accepted.lock().expect("accepted").clone()
    }

    /// The results so far, in order.
    pub fn answers(&self) -> Vec<Posted> {
        self.answers.lock().expect("answers").clone()
    }

    /// Waits until that many more events are accepted.
    pub async fn until_more(&self, count: usize, bound: Duration) {
        let goal = self.accepted().len() + count;
        let enough = async {
            loop {
                let news = self.news.notified();
                if self.accepted().len() >= goal {
                    return;
                }
                news.await;
            }
        };
        let there = || self.accepted().len();
        tokio::time::timeout(bound, enough).await.unwrap_or_else(|_| panic!("{} of {goal} in {bound:?}", there()));
    }

    /// Waits for the next post that is not accepted.
    pub async fn until_refused(&self, bound: Duration) -> Posted {
        let known = self.answers().len();
        let refusal =
            || self.answers().split_off(known).into_iter().find(|posted| !matches!(posted, Posted::Accepted(_)));
        let seen = async {
            loop {
                let news = self.news.notified();
                if let Some(posted) = refusal() {
                    return posted;
                }
                news.await;
            }
        };
        tokio::time::timeout(bound, seen).await.unwrap_or_else(|_| panic!("every event was accepted for {bound:?}"))
    }

    /// Posts that many events per second until stopped.
    pub fn load(self: &Arc<Self>, a_second: u32) -> Load {
        let (desk, stop) = (Arc::clone(self), Arc::new(AtomicBool::new(false)));
        let stopped = Arc::clone(&stop);
        let task = tokio::spawn(async move {
            let mut ticks = tokio::time::interval(Duration::from_secs(1) / a_second);
            let mut posts = JoinSet::new();
            while !stopped.load(Ordering::Relaxed) {
                ticks.tick().await;
                let desk = Arc::clone(&desk);
                posts.spawn(async move { desk.post().await });
                while posts.try_join_next().is_some() {}
            }
            posts.join_all().await;
        });
        Load { stop, task }
    }
}

/// A running load.
pub struct Load {
    stop: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl Load {
    /// Stops it; returns when every post has ended.
    pub async fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.task.await.expect("a load");
    }
}

fn body(number: u64) -> String {
    format!(
        "{{ \"event\":\"message_created\", \"number\":{number},\"content\":\"Привіт \\u0433 {number}\", \"message_type\":\"outgoing\" }}"
    )
}
