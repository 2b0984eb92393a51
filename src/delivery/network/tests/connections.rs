//! Connections that fail, and names that change or have too many addresses.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpSocket;

use super::receiver::Receiver;
use super::{Names, cause, loopback, post, request, sender};
use crate::delivery::network::address_guard::Lookup;
use crate::domain::deliveries::failure_cause::FailureCause;
use crate::domain::webhooks::address::AddressPolicy;

fn free_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

async fn post_named(lookup: &Lookup, policy: Arc<AddressPolicy>, port: u16) -> FailureCause {
    let request = request(&format!("http://receiver.example.com:{port}/hook"));
    cause(sender(policy, lookup, Vec::new()).send(&request).await)
}

#[tokio::test]
async fn a_closed_port_is_refused() {
    assert_eq!(cause(post(free_port()).await), FailureCause::ConnectRefused);
}

#[tokio::test]
async fn a_connection_that_ends_before_the_answer_is_reset() {
    let before_the_request = Receiver::serving(drop);
    assert_eq!(cause(post(before_the_request.at).await), FailureCause::ConnectReset);
    let after_the_request = Receiver::answering("");
    assert_eq!(cause(post(after_the_request.at).await), FailureCause::ConnectReset);
    let in_the_head = Receiver::answering("HTTP/1.1 200 OK\r\nx-half: ");
    assert_eq!(cause(post(in_the_head.at).await), FailureCause::ConnectReset);
    assert_eq!(after_the_request.connections(), 1, "nothing is sent twice");
}

#[tokio::test]
async fn a_full_backlog_is_a_connect_timeout() {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let at = listener.local_addr().unwrap();
    let wait = Duration::from_millis(100);
    // Connects until the backlog is full, because the listener accepts none.
    let queued: Vec<TcpStream> = std::iter::from_fn(|| TcpStream::connect_timeout(&at, wait).ok()).take(100).collect();
    assert!(queued.len() < 100);
    assert_eq!(cause(post(at).await), FailureCause::ConnectTimeout);
    drop(queued);
}

#[tokio::test]
async fn a_name_without_addresses_is_a_dns_error() {
    let none = Names::answering(&[&[]]);
    assert_eq!(post_named(&none.lookup, loopback(), 8080).await, FailureCause::DnsError);
    let failing: Lookup = Arc::new(|_| Box::pin(async { Err(std::io::Error::other("SERVFAIL")) }));
    assert_eq!(post_named(&failing, loopback(), 8080).await, FailureCause::DnsError);
    let silent: Lookup = Arc::new(|_| Box::pin(std::future::pending()));
    assert_eq!(post_named(&silent, loopback(), 8080).await, FailureCause::DnsError);
}

#[tokio::test]
async fn only_a_name_service_that_takes_too_long_is_a_name_timeout() {
    let silent: Lookup = Arc::new(|_| Box::pin(std::future::pending()));
    let late: Lookup = Arc::new(|_| Box::pin(async { Err(std::io::ErrorKind::TimedOut.into()) }));
    let failing: Lookup = Arc::new(|_| Box::pin(async { Err(std::io::Error::other("SERVFAIL")) }));
    for (lookup, is_timeout) in [(silent, true), (late, true), (failing, false)] {
        let request = request("https://receiver.example.com/hook");
        let failure = sender(loopback(), &lookup, Vec::new()).send(&request).await.unwrap_err();
        assert_eq!((failure.cause, failure.is_name_timeout), (FailureCause::DnsError, is_timeout));
    }
}

#[tokio::test]
async fn a_name_with_64_addresses_is_a_dns_error_and_no_connection_is_made() {
    let receiver = Receiver::answering("HTTP/1.1 204 X\r\n\r\n");
    let names = Names::answering(&[&["127.0.0.1"; 64]]);
    assert_eq!(post_named(&names.lookup, loopback(), receiver.at.port()).await, FailureCause::DnsError);
    assert_eq!(receiver.connections(), 0);
}

#[tokio::test]
async fn a_name_whose_address_changes_gets_no_second_lookup() {
    let receiver = Receiver::answering("HTTP/1.1 204 X\r\n\r\n");
    // The first answer is ::1, which is allowed and where no server listens.
    let names = Names::answering(&[&["::1"], &["127.0.0.1"]]);
    let only_v6 = AddressPolicy::new(vec!["::1/128".parse().unwrap()], Vec::new(), false).unwrap();
    let sender = sender(Arc::new(only_v6), &names.lookup, Vec::new());
    let request = request(&format!("http://rebind.example.com:{}/hook", receiver.at.port()));
    assert_eq!(cause(sender.send(&request).await), FailureCause::ConnectRefused);
    assert_eq!(names.asked(), 1);
    assert_eq!(cause(sender.send(&request).await), FailureCause::BlockedAddress);
    assert_eq!(names.asked(), 2);
    assert_eq!(receiver.connections(), 0);
}

#[tokio::test]
async fn a_request_goes_to_the_port_of_its_url() {
    let mut receiver = Receiver::answering("HTTP/1.1 204 X\r\n\r\n");
    let names = Names::answering(&[&["127.0.0.1"]]);
    let path = "/!$&'()*+,-.:;=@[]^_`{|}~%00?q=!$&()*+,-./:;=?@[]^_`{|}~\"<>'";
    let request = request(&format!("http://receiver.example.com:{}{path}", receiver.at.port()));
    let reply = sender(loopback(), &names.lookup, Vec::new()).send(&request).await.unwrap();
    assert_eq!(reply.response.status, 204);
    assert!(receiver.next().await.contains("\r\nHost: receiver.example.com:"));
}

#[tokio::test]
async fn plain_http_reaches_a_public_address_only_where_the_operator_allows_http() {
    let names = Names::answering(&[&["93.184.216.34"]]);
    assert_eq!(post_named(&names.lookup, loopback(), 8080).await, FailureCause::BlockedAddress);
}

#[tokio::test]
async fn a_blocked_address_is_reported_only_with_an_allow_list() {
    let names = Names::answering(&[&["192.168.2.50"]]);
    let request = request("https://nas.example.com/hook");
    let failure = async |policy| sender(policy, &names.lookup, Vec::new()).send(&request).await.unwrap_err();
    assert_eq!(failure(loopback()).await.detail.as_deref(), Some("192.168.2.50"));
    assert_eq!(failure(Arc::default()).await, FailureCause::BlockedAddress.into());
}
