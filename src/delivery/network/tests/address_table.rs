//! Checks every row of `tests/data/ssrf_cases.tsv` with the parser, the guard and the real sender.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use super::receiver::Receiver;
use super::{Names, request, sender};
use crate::delivery::network::address_guard::{Guard, Refusal};
use crate::delivery::network::sender::PreparedRequest;
use crate::domain::deliveries::failure_cause::FailureCause;
use crate::domain::webhooks::address::AddressPolicy;
use crate::domain::webhooks::target_url::TargetUrl;

struct Row {
    url: String,
    expected: &'static str,
    why: &'static str,
    answers: Vec<&'static str>,
    policy: Arc<AddressPolicy>,
}

fn rows() -> Vec<Row> {
    include_str!("../../../../tests/data/ssrf_cases.tsv").lines().skip(1).map(row).collect()
}

fn row(line: &'static str) -> Row {
    let [url, expected, why, answers, profile] = line.split('\t').collect::<Vec<_>>().try_into().unwrap();
    let answers = if answers == "-" { Vec::new() } else { answers.split(',').collect() };
    Row { url: unescape(url), expected, why, answers, policy: Arc::new(policy(profile)) }
}

fn unescape(text: &str) -> String {
    let mut plain = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        plain.push(match (c, if c == '\\' { chars.next() } else { None }) {
            (_, Some('t')) => '\t',
            (_, Some('n')) => '\n',
            (_, Some('r')) => '\r',
            (_, Some('0')) => '\0',
            (_, Some(escaped)) => escaped,
            (c, None) => c,
        });
    }
    plain
}

fn policy(profile: &str) -> AddressPolicy {
    let nets = |list: &[&str]| list.iter().map(|net| net.parse().unwrap()).collect();
    let allow = ["192.168.1.0/24", "10.20.0.0/16", "100.64.0.0/10", "fd12:3456:789a::/48", "127.0.0.1/32"];
    let policy = match profile {
        "default" => AddressPolicy::new(Vec::new(), Vec::new(), false),
        "http" => AddressPolicy::new(Vec::new(), Vec::new(), true),
        "lan" => AddressPolicy::new(nets(&allow), nets(&["192.168.1.1/32", "2a00:1234::/32"]), true),
        other => panic!("unknown profile {other}"),
    };
    policy.unwrap().with_own("hooks.self.example", 443)
}

/// The guard's result for a name. A literal address has no answers and was checked by the parser.
async fn resolve(row: &Row, url: &TargetUrl) -> Result<(), Refusal> {
    if row.answers.is_empty() {
        return Ok(());
    }
    let lookup = Names::answering(&[&row.answers]).lookup;
    let timeout = Duration::from_secs(1);
    let guard = Guard { policy: Arc::clone(&row.policy), lookup, timeout, https: url.is_https() };
    guard.resolve(&url.host()).await.map(drop)
}

#[tokio::test]
async fn every_row_has_its_expected_result() {
    let mut count = 0;
    for row in rows() {
        let verdict = match TargetUrl::parse(&row.url, &row.policy) {
            Err(_) => "reject_at_save",
            Ok(url) => match resolve(&row, &url).await {
                Err(Refusal::Blocked(_)) => "reject_at_connect",
                Err(other) => panic!("{}: {other}", row.url),
                Ok(()) => "allow",
            },
        };
        assert_eq!(verdict, row.expected, "{:?} ({})", row.url, row.why);
        count += 1;
    }
    assert!(count > 100, "the table has lost rows");
}

#[tokio::test]
async fn the_sender_itself_refuses_what_the_table_refuses_at_connect() {
    let listener = Receiver::answering("HTTP/1.1 204 X\r\n\r\n");
    let refused: Vec<Row> = rows().into_iter().filter(|row| row.expected == "reject_at_connect").collect();
    for row in &refused {
        let names = Names::answering(&[&row.answers]);
        let request = at_port_of(&listener, &row.url).unwrap();
        let failure = sender(Arc::clone(&row.policy), &names.lookup, Vec::new()).send(&request).await.unwrap_err();
        assert_eq!(failure.cause, FailureCause::BlockedAddress, "{} ({})", row.url, row.why);
        assert_eq!(names.asked(), 1, "{}", row.url);
    }
    assert_eq!((listener.connections(), refused.is_empty()), (0, false));
}

/// Literals that the parser would refuse, as if they had been stored without it.
#[tokio::test]
async fn the_sender_itself_refuses_literals_without_a_lookup() {
    let listener = Receiver::answering("HTTP/1.1 204 X\r\n\r\n");
    let names = Names::answering(&[&["127.0.0.1"]]);
    let mut count = 0;
    for row in rows().iter().filter(|row| row.expected == "reject_at_save") {
        let Some(request) = at_port_of(&listener, &row.url) else { continue };
        let host = request.url.host();
        let literal = host.trim_matches(['[', ']']).parse::<IpAddr>();
        if literal.is_ok_and(|ip| !row.policy.admits(ip, request.url.is_https())) {
            let sender = sender(Arc::clone(&row.policy), &names.lookup, Vec::new());
            let failure = sender.send(&request).await.unwrap_err();
            assert_eq!(failure.cause, FailureCause::BlockedAddress, "{} ({})", row.url, row.why);
            count += 1;
        }
    }
    assert!(count > 40, "only {count} literals");
    assert_eq!((listener.connections(), names.asked()), (0, 0));
}

/// The row's request with the port of the listener, so that a connection would be counted.
fn at_port_of(listener: &Receiver, url: &str) -> Option<PreparedRequest> {
    let mut url = url::Url::parse(url).ok()?;
    url.set_port(Some(listener.at.port())).ok()?;
    TargetUrl::from_stored(url.as_str()).map(|url| request(url.as_str()))
}
