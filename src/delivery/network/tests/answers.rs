//! Valid, slow, large and malformed answers of receivers.

use std::time::{Duration, Instant};

use super::receiver::Receiver;
use super::{LONG, cause, post, post_for};
use crate::domain::deliveries::Response;
use crate::domain::deliveries::failure_cause::FailureCause;

async fn answer_to(bytes: impl Into<Vec<u8>>) -> Response {
    post(Receiver::answering(bytes).at).await.unwrap().response
}

#[tokio::test]
async fn a_request_arrives_as_prepared_and_a_204_comes_back() {
    let mut receiver = Receiver::answering("HTTP/1.1 204 No Content\r\nx-request-id: 7\r\n\r\n");
    let reply = post(receiver.at).await.unwrap();
    assert_eq!(reply.remote_ip, Some(receiver.at.ip()));
    let headers = vec![("x-request-id".to_owned(), "7".to_owned())];
    assert_eq!(reply.response, Response { status: 204, headers, body: Vec::new(), truncated: false });
    let request = receiver.next().await;
    assert!(request.starts_with("POST /hook HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("\r\nAuthorization: Bearer abc\r\n"), "{request}");
    assert!(request.contains(&format!("\r\nHost: {}\r\n", receiver.at)), "{request}");
    assert!(!request.to_ascii_lowercase().contains("accept-encoding"), "{request}");
    assert!(request.ends_with("\r\n\r\n{\"event\":\"webhook_test\"}"), "{request}");
    assert_eq!(receiver.connections(), 1);
}

#[tokio::test]
async fn every_status_is_an_answer_and_no_redirect_is_followed() {
    let target = Receiver::answering("HTTP/1.1 204 No Content\r\n\r\n");
    for status in [301, 302, 303, 307, 308, 400, 404, 410, 429, 500, 503] {
        let head = format!("HTTP/1.1 {status} X\r\nlocation: http://{}/\r\ncontent-length: 2\r\n\r\nno", target.at);
        let response = answer_to(head).await;
        assert_eq!((response.status, response.body.as_slice()), (status, b"no".as_slice()));
    }
    assert_eq!(target.connections(), 0);
}

#[tokio::test]
async fn headers_that_trickle_past_the_timeout_are_a_timeout_and_the_connection_is_closed() {
    let mut receiver = Receiver::serving(|mut caller| {
        caller.hear();
        for byte in "HTTP/1.1 200 OK\r\nx-slow: ".bytes().chain(std::iter::repeat(b'z')) {
            if !caller.say([byte]) {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        caller.requests.send("gone".into()).ok();
    });
    assert_eq!(cause(post_for(receiver.at, Duration::from_millis(300)).await), FailureCause::Timeout);
    receiver.next().await;
    assert_eq!(receiver.next().await, "gone");
}

#[tokio::test]
async fn a_receiver_that_never_answers_is_a_timeout() {
    let mut receiver = Receiver::serving(|mut caller| {
        caller.hear();
        caller.wait_for_the_end();
    });
    assert_eq!(cause(post_for(receiver.at, Duration::from_millis(200)).await), FailureCause::Timeout);
    receiver.next().await;
    assert_eq!(receiver.next().await, "gone");
}

#[tokio::test]
async fn interim_responses_do_not_extend_the_timeout() {
    let mut receiver = Receiver::serving(|mut caller| {
        caller.hear();
        caller.say("HTTP/1.1 102 Processing\r\n\r\n".repeat(40_000));
        while caller.say("HTTP/1.1 100 Continue\r\n\r\n") {
            std::thread::sleep(Duration::from_millis(10));
        }
        caller.requests.send("gone".into()).ok();
    });
    assert_eq!(cause(post_for(receiver.at, Duration::from_millis(300)).await), FailureCause::Timeout);
    receiver.next().await;
    assert_eq!(receiver.next().await, "gone");
}

#[tokio::test]
async fn of_an_endless_body_16_kib_are_kept_and_the_connection_is_closed() {
    let mut receiver = Receiver::serving(|mut caller| {
        caller.hear();
        caller.say("HTTP/1.1 200 OK\r\n\r\n");
        while caller.say([b'a'; 4096]) {}
        caller.requests.send("gone".into()).ok();
    });
    let response = post(receiver.at).await.unwrap().response;
    assert_eq!((response.status, response.body.len(), response.truncated), (200, 16 * 1024, true));
    receiver.next().await;
    assert_eq!(receiver.next().await, "gone");
}

#[tokio::test]
async fn a_body_of_exactly_16_kib_is_not_truncated() {
    let response = answer_to(format!("HTTP/1.1 200 OK\r\ncontent-length: 16384\r\n\r\n{}", "a".repeat(16384))).await;
    assert_eq!((response.body.len(), response.truncated), (16384, false));
}

#[tokio::test]
async fn after_the_headers_a_stalled_or_broken_body_is_no_failure() {
    let stalled = Receiver::serving(|mut caller| {
        caller.hear();
        caller.say("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok");
        caller.wait_for_the_end();
    });
    let begun = Instant::now();
    let response = post(stalled.at).await.unwrap().response;
    assert!(begun.elapsed() < LONG / 2, "the body has its own, shorter time");
    assert_eq!((response.status, response.body.as_slice(), response.truncated), (200, b"ok".as_slice(), true));

    let short = answer_to("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok").await;
    assert_eq!((short.status, short.body.as_slice(), short.truncated), (200, b"ok".as_slice(), true));
    let garbled = answer_to("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\nzz\r\n").await;
    assert_eq!((garbled.status, garbled.truncated), (200, true));
}

#[tokio::test]
async fn a_body_that_ends_with_the_connection_is_complete_and_status_101_is_an_answer() {
    let response = answer_to("HTTP/1.0 200\r\n\r\nok").await;
    assert_eq!((response.status, response.body.as_slice(), response.truncated), (200, b"ok".as_slice(), false));
    assert_eq!(answer_to("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n").await.status, 101);
}

#[tokio::test]
async fn a_compressed_body_is_kept_as_it_came() {
    // A gzip header, followed by bytes that are not valid gzip.
    let mut bytes = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 14\r\n\r\n".to_vec();
    let body = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xff, 0xff, 0xff, 0xff];
    bytes.extend(body);
    let response = answer_to(bytes).await;
    assert_eq!(response.body, body);
    assert!(response.headers.contains(&("content-encoding".into(), "gzip".into())));
}

#[tokio::test]
async fn of_the_headers_8_kib_are_kept_and_a_small_one_after_a_large_one_still_counts() {
    let head = format!("HTTP/1.1 429 Slow\r\nx-a: 1\r\nx-big: {}\r\nretry-after: 90\r\n\r\n", "b".repeat(9000));
    let headers = answer_to(head).await.headers;
    assert_eq!(headers, [("x-a".to_owned(), "1".to_owned()), ("retry-after".to_owned(), "90".to_owned())]);
}

#[tokio::test]
async fn a_hundred_headers_are_an_answer_and_one_more_is_invalid_http() {
    let head = |count: usize| format!("HTTP/1.1 200 OK\r\n{}\r\n", "x: y\r\n".repeat(count));
    assert_eq!(answer_to(head(100)).await.headers.len(), 100);
    assert_eq!(cause(post(Receiver::answering(head(101)).at).await), FailureCause::InvalidHttp);
}

#[tokio::test]
async fn a_malformed_answer_is_invalid_http() {
    let mebibyte = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "y".repeat(1024 * 1024));
    let length_twice = "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n".to_owned();
    for bytes in ["\0\u{1}\u{2}garbage\r\n\r\n".to_owned(), "hello\r\n\r\n".into(), mebibyte, length_twice] {
        let result = post(Receiver::answering(bytes.clone()).at).await;
        assert_eq!(cause(result), FailureCause::InvalidHttp, "{:.40}", bytes);
    }
}

#[tokio::test]
async fn bytes_before_the_request_are_invalid_http() {
    // Repeated, because the greeting comes before, while or after the request is written.
    for _ in 0..50 {
        let receiver = Receiver::serving(|mut caller| {
            caller.say("220 mail.example.com ESMTP\r\n");
            caller.wait_for_the_end();
        });
        assert_eq!(cause(post(receiver.at).await), FailureCause::InvalidHttp);
    }
}

/// Header lines that browsers or curl accept, each in an otherwise valid answer.
const LENIENT_LINES: [(&str, &[u8]); 13] = [
    ("a folded value", b"content-security-policy: default-src 'none';\r\n  script-src 'self';\r\n\timg-src *"),
    ("a value that is folded at once", b"x-a:\r\n b"),
    ("a blank before the colon", b"x-a : b"),
    ("a tab before the colon", b"x-a\t: b"),
    ("a control character in a value", b"x-a: b\x01\x1b[2Jc"),
    ("DEL in a value", b"x-a: b\x7f"),
    ("a name that is not ASCII", "назва: b".as_bytes()),
    ("a name of other bytes", b"x\xff\xfe: b"),
    ("a name with a blank", b"x a: b"),
    ("a name with brackets", b"x(a): b"),
    ("an empty name", b": b"),
    ("no colon", b"an error has occurred on line 7"),
    ("obs-text in a value", b"x-a: \xd2\xc5\xff"),
];

#[tokio::test]
async fn a_malformed_header_line_that_browsers_accept_is_no_failure() {
    for (what, line) in LENIENT_LINES {
        let head =
            [&b"HTTP/1.1 200 OK\r\nx-before: 1\r\n"[..], line, b"\r\nretry-after: 7\r\ncontent-length: 2\r\n\r\nok"];
        let response = match post(Receiver::answering(head.concat()).at).await {
            Ok(reply) => reply.response,
            Err(failure) => panic!("{what}: {failure:?}"),
        };
        assert_eq!((response.status, response.body.as_slice(), response.truncated), (200, &b"ok"[..], false), "{what}");
        for kept in [("x-before", "1"), ("retry-after", "7")] {
            assert!(response.headers.contains(&(kept.0.into(), kept.1.into())), "{what}: {:?}", response.headers);
        }
        // No stored value contains a line end.
        assert!(
            !response.headers.iter().any(|(_, value)| value.contains(['\r', '\n'])),
            "{what}: {:?}",
            response.headers
        );
    }
}

#[tokio::test]
async fn a_folded_value_is_read_as_one_line() {
    let headers = answer_to("HTTP/1.1 200 OK\r\nx-a: b;\r\n  c\r\ncontent-length: 0\r\n\r\n").await.headers;
    let (_, value) = headers.iter().find(|(name, _)| name == "x-a").unwrap();
    assert_eq!(value.split_whitespace().collect::<Vec<_>>(), ["b;", "c"]);
}

#[tokio::test]
async fn malformed_framing_is_invalid_http() {
    for line in [
        "content-length: 1\r\ncontent-length: 2",
        "content-length : 1\r\ncontent-length: 2",
        "content-length: 1, 2",
        "content-length: +2",
        "content-length: 0x2",
        "content-length: two",
        "content-length:\r\n 1\r\n 2",
        "content-length: 99999999999999999999999",
        // NUL and CR are dangerous (RFC 9110 §5.5); the parser has no option to accept them.
        "x-a: b\0c",
        "x\0a: b",
        "x-a: b\rc",
    ] {
        let head = format!("HTTP/1.1 200 OK\r\n{line}\r\n\r\nok");
        let result = post(Receiver::answering(head).at).await;
        assert_eq!(result.map_err(|failure| failure.cause).unwrap_err(), FailureCause::InvalidHttp, "{line:?}");
    }
}

#[tokio::test]
async fn a_transfer_coding_counts_however_it_is_spelled_and_before_a_length() {
    for spelling in ["transfer-encoding : chunked", "transfer-encoding:\r\n chunked", "Transfer-Encoding:\tCHUNKED"] {
        let head = format!("HTTP/1.1 200 OK\r\n{spelling}\r\ncontent-length: 1\r\n\r\n2\r\nok\r\n0\r\n\r\n");
        let response = answer_to(head).await;
        assert_eq!((response.body.as_slice(), response.truncated), (&b"ok"[..], false), "{spelling:?}");
    }
    // Without `chunked` at its end the body ends with the connection (RFC 9112 §6.3).
    let response =
        answer_to("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked, gzip\r\ncontent-length: 2\r\n\r\nokok").await;
    assert_eq!((response.body.as_slice(), response.truncated), (&b"okok"[..], false));
    let old = "HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n";
    assert_eq!(cause(post(Receiver::answering(old).at).await), FailureCause::InvalidHttp);
}
