//! The load: numbered events.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::http::{Answer, Connection};
use crate::server::Server;

/// Connections of a load without pauses.
pub const CONNECTIONS: usize = 32;

/// Posts events over all connections, as fast as they are accepted.
pub async fn flat_out(server: &Server, numbers: Range<usize>) {
    let next = Arc::new(AtomicUsize::new(numbers.start));
    let mut senders = JoinSet::new();
    for connection in 0..CONNECTIONS {
        let (next, mut desk) = (Arc::clone(&next), Desk::at(server, connection).await);
        senders.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= numbers.end {
                    return;
                }
                desk.post(number).await;
            }
        });
    }
    senders.join_all().await;
}

/// Posts events at a fixed rate, independent of the answers; returns when each was sent.
pub async fn paced(server: &Server, numbers: Range<usize>, a_second: u32) -> Vec<(usize, Instant)> {
    const LANES: u32 = 10;
    let begin = tokio::time::Instant::now();
    let mut senders = JoinSet::new();
    for lane in 0..LANES {
        let mut desk = Desk::at(server, 0).await;
        let numbers = numbers.clone().skip(lane as usize).step_by(LANES as usize);
        senders.spawn(async move {
            let begin = begin + Duration::from_secs(1) * lane / a_second;
            let mut ticks = tokio::time::interval_at(begin, Duration::from_secs(1) * LANES / a_second);
            let mut sent = Vec::new();
            for number in numbers {
                ticks.tick().await;
                sent.push((number, Instant::now()));
                desk.post(number).await;
            }
            sent
        });
    }
    senders.join_all().await.into_iter().flatten().collect()
}

/// The same over all connections, with any answer; returns how many were accepted and how many refused with 503.
pub async fn offered(server: &Server, events: usize, a_second: u32) -> (usize, usize) {
    let lanes = u32::try_from(CONNECTIONS).expect("a number");
    let mut senders = JoinSet::new();
    for lane in 0..CONNECTIONS {
        let mut desk = Desk::at(server, lane).await;
        senders.spawn(async move {
            let mut ticks = tokio::time::interval(Duration::from_secs(1) * lanes / a_second);
            let (mut accepted, mut refused) = (0, 0);
            for number in (lane..events).step_by(CONNECTIONS) {
                ticks.tick().await;
                match desk.offer(number).await.status {
                    202 => accepted += 1,
                    503 => refused += 1,
                    other => panic!("an answer {other}"),
                }
            }
            (accepted, refused)
        });
    }
    let all = senders.join_all().await;
    (all.iter().map(|(accepted, _)| accepted).sum(), all.iter().map(|(_, refused)| refused).sum())
}

/// Posts events of another kind over all connections; returns how many were accepted.
pub async fn other(server: &Server, event: &str, count: usize) -> usize {
    let body = format!(r#"{{"event":"{event}","id":4711}}"#);
    let mut senders = JoinSet::new();
    for connection in 0..CONNECTIONS {
        let (mut desk, body) = (Desk::at(server, connection).await, body.clone());
        senders.spawn(async move {
            let mut accepted = 0;
            for _ in (connection..count).step_by(CONNECTIONS) {
                let answer = desk.connection.send("POST", "/api/v1/events", &desk.headers, &body).await;
                accepted += usize::from(answer.status == 202);
            }
            accepted
        });
    }
    senders.join_all().await.into_iter().sum()
}

/// A client with one connection.
struct Desk {
    connection: Connection,
    headers: String,
}

impl Desk {
    async fn at(server: &Server, connection: usize) -> Self {
        Self { connection: Connection::open(server.address_for(connection)).await, headers: server.headers() }
    }

    async fn post(&mut self, number: usize) {
        let answer = self.offer(number).await;
        assert_eq!(answer.status, 202, "{}", answer.body);
    }

    async fn offer(&mut self, number: usize) -> Answer {
        self.connection.send("POST", "/api/v1/events", &self.headers, &event(number)).await
    }
}

/// A message of usual size, with its number for the receiver.
pub fn event(number: usize) -> String {
    format!(
        r#"{{"event":"message_created","seq":{number},"id":4711,"content":"Добрий день! Where is my order 20417?","message_type":"outgoing","content_type":"text","private":false,"created_at":"2026-11-21T09:17:00.000Z","sender":{{"id":12,"name":"Olena Koval","email":"olena@shop.example","type":"user"}},"conversation":{{"id":318,"status":"open","unread_count":1,"labels":["delivery"],"meta":{{"assignee":{{"id":12,"name":"Olena Koval"}},"team":{{"id":2,"name":"Support"}}}}}},"inbox":{{"id":7,"name":"Website"}},"account":{{"id":1,"name":"Shop"}}}}"#
    )
}
