//! Receivers with valid and invalid certificates and TLS versions.

use std::io::Write;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, Stream};

use super::receiver::{Receiver, read_request};
use super::{Names, cause, loopback, request, sender};
use crate::delivery::network::sender::{Failure, Reply};
use crate::domain::deliveries::failure_cause::FailureCause;

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn trusting(authority: &Authority) -> Vec<CertificateDer<'static>> {
    vec![authority.der().clone()]
}

/// A receiver with a certificate for this name, valid between these years.
fn receiver(name: &str, years: (i32, i32), authority: Option<&Authority>) -> Receiver {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.not_before = rcgen::date_time_ymd(years.0, 1, 1);
    params.not_after = rcgen::date_time_ymd(years.1, 1, 1);
    let certificate = match authority {
        Some(issuer) => params.signed_by(&key, issuer),
        None => params.self_signed(&key),
    };
    serving(certificate.unwrap().der().clone(), PrivateKeyDer::Pkcs8(key.serialize_der().into()))
}

fn serving(certificate: CertificateDer<'static>, key: PrivateKeyDer<'static>) -> Receiver {
    rustls::crypto::ring::default_provider().install_default().ok();
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate], key).unwrap();
    let config = Arc::new(config);
    Receiver::serving(move |mut caller| {
        let mut session = ServerConnection::new(Arc::clone(&config)).unwrap();
        let mut stream = Stream::new(&mut session, &mut caller.stream);
        if session_is_up(&mut stream) {
            caller.requests.send(read_request(&mut stream)).ok();
            stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").ok();
            stream.conn.send_close_notify();
            stream.flush().ok();
        }
    })
}

fn session_is_up(stream: &mut Stream<'_, ServerConnection, std::net::TcpStream>) -> bool {
    stream.conn.complete_io(stream.sock).is_ok()
}

async fn post_to(receiver: &Receiver, roots: Vec<CertificateDer<'static>>) -> Result<Reply, Failure> {
    let names = Names::answering(&[&["127.0.0.1"]]);
    let request = request(&format!("https://receiver.example.com:{}/hook", receiver.at.port()));
    sender(loopback(), &names.lookup, roots).send(&request).await
}

#[tokio::test]
async fn a_good_certificate_is_accepted() {
    let ca = authority();
    let mut receiver = receiver("receiver.example.com", (2020, 2100), Some(&ca));
    assert_eq!(post_to(&receiver, trusting(&ca)).await.unwrap().response.status, 204);
    assert!(receiver.next().await.starts_with("POST /hook HTTP/1.1\r\n"));
}

#[tokio::test]
async fn an_invalid_certificate_is_a_tls_error_and_the_request_is_not_sent() {
    let ca = authority();
    let receivers = [
        ("expired", receiver("receiver.example.com", (2020, 2021), Some(&ca))),
        ("not yet valid", receiver("receiver.example.com", (2099, 2100), Some(&ca))),
        ("wrong name", receiver("other.example.com", (2020, 2100), Some(&ca))),
        ("self-signed", receiver("receiver.example.com", (2020, 2100), None)),
        ("unknown issuer", receiver("receiver.example.com", (2020, 2100), Some(&authority()))),
    ];
    for (what, receiver) in receivers {
        let failure = post_to(&receiver, trusting(&ca)).await.unwrap_err();
        assert_eq!(failure.cause, FailureCause::TlsError, "{what}");
        assert!(failure.detail.is_some_and(|detail| !detail.is_empty() && detail.chars().count() <= 200), "{what}");
        assert_eq!(receiver.connections(), 1, "{what}");
    }
}

#[tokio::test]
async fn a_receiver_without_tls_or_with_only_tls_1_1_is_a_tls_error() {
    // Alert 70 (protocol_version), as a server with only TLS 1.0 answers; a ServerHello of TLS 1.1.
    let alert = b"\x15\x03\x01\x00\x02\x02\x46".to_vec();
    let mut hello = b"\x16\x03\x02\x00\x2a\x02\x00\x00\x26\x03\x02".to_vec();
    hello.extend([7; 32]);
    hello.extend(b"\x00\x00\x2f\x00");
    for bytes in [alert, hello, b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()] {
        let receiver = Receiver::serving(move |mut caller| {
            caller.say(&bytes);
            caller.wait_for_the_end();
        });
        assert_eq!(cause(post_to(&receiver, Vec::new()).await), FailureCause::TlsError);
    }
}

#[tokio::test]
async fn a_hanging_handshake_is_a_connect_timeout_and_a_broken_one_a_reset() {
    let hanging = Receiver::serving(|mut caller| caller.wait_for_the_end());
    assert_eq!(cause(post_to(&hanging, Vec::new()).await), FailureCause::ConnectTimeout);
    let breaking = Receiver::serving(drop);
    assert_eq!(cause(post_to(&breaking, Vec::new()).await), FailureCause::ConnectReset);
}

#[tokio::test]
async fn a_kept_connection_whose_tls_is_closed_before_an_answer_is_connection_closed() {
    let ca = authority();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["receiver.example.com".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &ca).unwrap().der().clone();
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate], key).unwrap();
    let config = Arc::new(config);
    let receiver = Receiver::serving(move |mut caller| {
        let mut session = ServerConnection::new(Arc::clone(&config)).unwrap();
        let mut stream = Stream::new(&mut session, &mut caller.stream);
        read_request(&mut stream);
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").ok();
        stream.flush().ok();
        read_request(&mut stream);
        stream.conn.send_close_notify();
        stream.flush().ok();
    });
    let names = Names::answering(&[&["127.0.0.1"]]);
    let request = request(&format!("https://receiver.example.com:{}/hook", receiver.at.port()));
    let sender = sender(loopback(), &names.lookup, trusting(&ca));
    sender.send(&request).await.unwrap();
    assert_eq!(cause(sender.send(&request).await), FailureCause::ConnectionClosed);
    assert_eq!(receiver.connections(), 1);
}
