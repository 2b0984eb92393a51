//! Connections that several requests use.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::receiver::{Caller, Receiver};
use super::{Names, cause, loopback, request, sender};
use crate::delivery::network::sender::{ConnectionChoice, PreparedRequest};
use crate::domain::deliveries::failure_cause::FailureCause;

const FINE: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

#[tokio::test]
async fn a_burst_shares_a_connection_whose_address_was_checked() {
    let receiver = Receiver::serving(|mut caller| {
        while caller.hear_another() {
            caller.say(FINE);
        }
    });
    let names = Names::answering(&[&["127.0.0.1"], &["192.168.2.50"]]);
    let sender = sender(loopback(), &names.lookup, Vec::new());
    let request = request(&format!("http://receiver.example.com:{}/hook", receiver.at.port()));
    let mut answered = 0;
    for _ in 0..20 {
        match sender.send(&request).await {
            Ok(reply) => {
                assert_eq!(reply.remote_ip.map(|ip| ip.to_string()).as_deref(), Some("127.0.0.1"));
                answered += 1;
            }
            // A request that needs a new connection looks the name up again and gets the address that is not allowed.
            Err(failure) => assert_eq!(failure.cause, FailureCause::BlockedAddress),
        }
    }
    assert_eq!(receiver.connections(), 1);
    assert!(answered > 10, "{answered}");
}

#[tokio::test]
async fn a_request_that_was_written_to_a_closing_connection_is_not_repeated() {
    let heard = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&heard);
    // Every connection breaks at its second request.
    let receiver = Receiver::serving(move |mut caller| {
        caller.hear();
        count.fetch_add(1, Ordering::SeqCst);
        caller.say(FINE);
        if caller.hear_another() {
            count.fetch_add(1, Ordering::SeqCst);
        }
    });
    let names = Names::answering(&[&["127.0.0.1"]]);
    let sender = sender(loopback(), &names.lookup, Vec::new());
    let request = request(&format!("http://{}/hook", receiver.at));
    let mut broken = 0;
    for sent in 1..=20 {
        match sender.send(&request).await {
            Ok(_) => {}
            failed => {
                assert_eq!(cause(failed), FailureCause::ConnectionClosed);
                broken += 1;
            }
        }
        assert_eq!(heard.load(Ordering::SeqCst), sent, "each request arrives once");
    }
    assert!(broken > 0, "no connection was used again");
}

#[tokio::test]
async fn an_answer_that_was_not_read_to_its_end_closes_its_connection() {
    let receiver = Receiver::serving(|mut caller| {
        while caller.hear_another() {
            caller.say(format!("HTTP/1.1 200 OK\r\ncontent-length: 40001\r\n\r\n{}", "x".repeat(40_000)));
        }
    });
    let names = Names::answering(&[&["127.0.0.1"]]);
    let sender = sender(loopback(), &names.lookup, Vec::new());
    for sent in 1..=3 {
        let reply = sender.send(&request(&format!("http://{}/hook", receiver.at))).await.unwrap();
        assert!(reply.response.truncated);
        assert_eq!(receiver.connections(), sent);
    }
}

/// The cause of the first failure among requests one after another to a receiver that answers the first request on each
/// connection, and ends the second one like this.
async fn cause_of_second(end: impl Fn(&mut Caller) + Send + Sync + 'static) -> FailureCause {
    let receiver = Receiver::serving(move |mut caller| {
        caller.hear();
        caller.say(FINE);
        if caller.hear_another() {
            end(&mut caller);
        }
    });
    let names = Names::answering(&[&["127.0.0.1"]]);
    let sender = sender(loopback(), &names.lookup, Vec::new());
    let request = request(&format!("http://{}/hook", receiver.at));
    for _ in 0..20 {
        if let Err(failure) = sender.send(&request).await {
            return failure.cause;
        }
    }
    panic!("no connection was used again");
}

#[tokio::test]
async fn a_kept_connection_that_ends_before_a_byte_of_an_answer_is_connection_closed() {
    let reset = |caller: &mut Caller| {
        socket2::SockRef::from(&caller.stream).set_linger(Some(std::time::Duration::ZERO)).unwrap();
    };
    assert_eq!(cause_of_second(|_| {}).await, FailureCause::ConnectionClosed);
    assert_eq!(cause_of_second(reset).await, FailureCause::ConnectionClosed);
}

/// The HTTP client does not say whether the first bytes of an answer came.
#[tokio::test]
async fn the_end_of_a_kept_connection_within_the_head_of_an_answer_is_connection_closed() {
    for (part, expected) in [
        ("H", FailureCause::ConnectionClosed),
        ("HTTP/1.1 200 OK\r\nx-half: ", FailureCause::ConnectionClosed),
        ("HTTP/1.1 103 Early Hints\r\n\r\n", FailureCause::ConnectionClosed),
        ("\0\0\0", FailureCause::InvalidHttp),
    ] {
        let end = move |caller: &mut Caller| assert!(caller.say(part));
        assert_eq!(cause_of_second(end).await, expected, "{part}");
    }
}

/// A connection that is opened while all kept ones are in use is a new one, though others are kept.
#[tokio::test]
async fn a_connection_that_is_new_is_no_kept_one_although_others_are_kept() {
    let receiver = Receiver::serving(|mut caller| {
        caller.hear();
        caller.say(FINE);
        // Kept, and its next request is never answered.
        caller.hear_another();
        std::thread::sleep(std::time::Duration::from_millis(300));
    });
    let breaking = Receiver::serving(drop);
    let names = Names::answering(&[&["127.0.0.1"]]);
    let sender = sender(loopback(), &names.lookup, Vec::new());
    let kept = request(&format!("http://{}/hook", receiver.at));
    sender.send(&kept).await.unwrap();
    let new = request(&format!("http://{}/hook", breaking.at));
    let (second, first) = tokio::join!(sender.send(&kept), sender.send(&new));
    assert_eq!(cause(second), FailureCause::ConnectionClosed);
    assert_eq!(cause(first), FailureCause::ConnectReset);
}

#[tokio::test]
async fn a_request_that_needs_a_new_connection_gets_one_and_leaves_none() {
    let receiver = Receiver::serving(|mut caller| {
        while caller.hear_another() {
            caller.say(FINE);
        }
    });
    let names = Names::answering(&[&["127.0.0.1"]]);
    let sender = sender(loopback(), &names.lookup, Vec::new());
    let kept = request(&format!("http://{}/hook", receiver.at));
    let new = PreparedRequest { connection: ConnectionChoice::New, ..kept.clone() };
    for (request, connections) in [(&kept, 1), (&new, 2), (&new, 3)] {
        sender.send(request).await.unwrap();
        assert_eq!(receiver.connections(), connections);
    }
}
