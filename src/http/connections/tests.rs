use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

use super::connection::BodyLength;
use super::limits::Phase;
use super::*;

const PEER: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
const NEVER: Duration = Duration::from_secs(1000);

fn connections(total_max: usize, per_peer_max: usize) -> Arc<Connections> {
    let proxies = ["198.51.100.0/24", "::ffff:203.0.113.1/128", "2001:db8:9::1/128"];
    let trusted_proxies = TrustedProxies::new(proxies.iter().map(|network| network.parse().unwrap()).collect());
    let keep_alive = Duration::from_secs(75);
    Arc::new(Connections::new(ConnectionLimits { keep_alive, total_max, per_peer_max, trusted_proxies }))
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// How many of `slots` a sweep asks to close when they are `age` old.
fn asked(connections: &Arc<Connections>, slots: &[Slot], age: Duration) -> usize {
    let _ = connections.sweep(now_ms() + u64::try_from(age.as_millis()).unwrap());
    slots.iter().filter(|slot| slot.is_asked_to_close()).count()
}

#[test]
fn a_peer_is_limited_and_closed_connections_no_longer_count() {
    let connections = connections(1000, 3);
    let mut slots: Vec<_> = (0..3).map(|_| connections.admit(PEER).unwrap()).collect();
    assert!(connections.admit(PEER).is_none());
    assert!(connections.admit(address("::ffff:192.0.2.1")).is_none(), "the same address in another spelling");
    assert!(connections.admit(address("192.0.2.2")).is_some());
    slots.pop();
    assert!(connections.admit(PEER).is_some());
    drop(slots);
    let open = connections.lock();
    assert_eq!((open.count, open.by_peer.len()), (0, 0));
}

#[test]
fn an_ipv6_subnet_is_one_peer() {
    let connections = connections(1000, 2);
    let _slots: Vec<_> = ["2001:db8::1", "2001:db8::2"].map(|text| connections.admit(address(text)).unwrap()).into();
    assert!(connections.admit(address("2001:db8::3")).is_none());
    assert!(connections.admit(address("2001:db8:0:1::3")).is_some());
}

#[test]
fn loopback_and_trusted_proxies_are_not_limited() {
    let connections = connections(1000, 1);
    for text in
        ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "198.51.100.7", "::ffff:198.51.100.7", "203.0.113.1"]
    {
        let slots: Vec<_> = (0..5).map_while(|_| connections.admit(address(text))).collect();
        assert_eq!(slots.len(), 5, "{text}");
    }
}

#[test]
fn a_trusted_proxy_does_not_count_towards_the_limit_of_its_subnet() {
    let (connections, proxy) = (connections(1000, 1), address("2001:db8:9::1"));
    let _slots: Vec<_> = (0..5).map(|_| connections.admit(proxy).unwrap()).collect();
    let neighbour = connections.admit(address("2001:db8:9::2"));
    assert!(neighbour.is_some() && connections.admit(address("2001:db8:9::3")).is_none());
}

#[test]
fn idle_connections_are_closed_earlier_when_more_than_half_are_used() {
    let (connections, idle) = (connections(10, 1000), |slot: &Slot| slot.enter(Phase::Idle));
    let mut slots: Vec<_> = (0..5).map(|_| connections.admit(PEER).unwrap()).collect();
    slots.iter().for_each(idle);
    assert_eq!(asked(&connections, &slots, Duration::from_secs(74)), 0);
    slots.push(connections.admit(PEER).unwrap());
    slots.iter().for_each(idle);
    assert_eq!(asked(&connections, &slots, Duration::from_secs(4)), 0);
    assert_eq!(asked(&connections, &slots, Duration::from_secs(6)), 6);
}

#[test]
fn idle_connections_of_a_peer_are_closed_earlier_when_it_has_used_half_of_its_limit() {
    let (connections, other) = (connections(1000, 4), address("192.0.2.2"));
    let mut slots: Vec<_> = (0..3).map(|_| connections.admit(PEER).unwrap()).collect();
    slots.extend((0..2).map(|_| connections.admit(other).unwrap()));
    slots.iter().for_each(|slot| slot.enter(Phase::Idle));
    assert_eq!(asked(&connections, &slots, Duration::from_secs(6)), 3);
    assert!(!slots[3].is_asked_to_close() && !slots[4].is_asked_to_close());
}

#[test]
fn the_longest_idle_connections_are_closed_first_when_nearly_all_are_used() {
    let connections = connections(16, 1000);
    let slots: Vec<_> = (0..15).map(|_| connections.admit(PEER).unwrap()).collect();
    let now_ms = now_ms() + 10_000;
    slots[..8].iter().zip(0..).for_each(|(slot, later)| slot.enter_at(Phase::Idle, now_ms - 100 + later));
    slots[8..].iter().for_each(|slot| slot.begin(BodyLength::Known(0)));
    // 15 of 16 are taken, 12 may stay.
    assert_eq!(connections.sweep(now_ms), Pressure::Critical);
    let asked: Vec<_> = slots.iter().map(|slot| slot.is_asked_to_close()).collect();
    assert_eq!(asked, [vec![true; 3], vec![false; 12]].concat());
}

#[test]
fn a_connection_with_a_running_request_is_never_closed() {
    let connections = connections(2, 2);
    let slots = [connections.admit(PEER).unwrap(), connections.admit(PEER).unwrap()];
    slots.iter().for_each(|slot| slot.begin(BodyLength::Known(0)));
    assert_eq!(asked(&connections, &slots, NEVER), 0);
}

/// A [`Stream`] and its peer.
async fn pair() -> (Stream, TcpStream) {
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.unwrap();
    let peer = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (tcp, from) = listener.accept().await.unwrap();
    (Stream::new(tcp, connections(100, 100).admit(from.ip()).unwrap()), peer)
}

/// The text that the parser reads until `Pending`, and whether the stream has ended.
fn read_round(stream: &mut Stream, cx: &mut Context<'_>) -> (String, bool) {
    let (mut text, mut bytes) = (String::new(), [0; 64]);
    loop {
        let mut buf = ReadBuf::new(&mut bytes);
        match Pin::new(&mut *stream).poll_read(cx, &mut buf) {
            Poll::Pending => return (text, false),
            Poll::Ready(read) => read.unwrap(),
        }
        if buf.filled().is_empty() {
            return (text, true);
        }
        text.push_str(&String::from_utf8_lossy(buf.filled()));
    }
}

/// The next text that is read, or the end.
async fn next_round(stream: &mut Stream) -> (String, bool) {
    std::future::poll_fn(|cx| {
        let round = read_round(stream, cx);
        if round == (String::new(), false) { Poll::Pending } else { Poll::Ready(round) }
    })
    .await
}

fn flush(stream: &mut Stream) {
    let mut cx = Context::from_waker(std::task::Waker::noop());
    assert!(Pin::new(stream).poll_flush(&mut cx).is_ready());
}

#[tokio::test]
async fn one_request_is_read_before_the_last_one_is_answered() {
    let (mut stream, mut peer) = pair().await;
    peer.write_all(b"GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\nPOST /3 HTTP/1.1\r\n\r\nbodyGET /4").await.unwrap();
    let mut noop = Context::from_waker(std::task::Waker::noop());
    for (head, body) in
        [("GET /1 HTTP/1.1\r\n\r\n", ""), ("GET /2 HTTP/1.1\r\n\r\n", ""), ("POST /3 HTTP/1.1\r\n\r\n", "body")]
    {
        assert_eq!(next_round(&mut stream).await, (head.to_owned(), false));
        let connection = stream.connection();
        connection.begin(BodyLength::Known(body.len() as u64));
        assert_eq!(read_round(&mut stream, &mut noop), (body.to_owned(), false));
        connection.end();
        flush(&mut stream);
    }
    assert_eq!(next_round(&mut stream).await, ("GET /4".to_owned(), false));
}

#[tokio::test]
async fn an_idle_connection_that_is_asked_to_close_ends() {
    let (mut stream, _peer) = pair().await;
    let connection = stream.connection();
    connection.enter(Phase::Idle);
    assert_eq!(read_round(&mut stream, &mut Context::from_waker(std::task::Waker::noop())), (String::new(), false));
    connection.ask_to_close(connection.standing());
    assert_eq!(next_round(&mut stream).await, (String::new(), true));
}

#[tokio::test]
async fn a_request_that_came_before_the_connection_was_closed_is_answered() {
    let (mut stream, mut peer) = pair().await;
    let connection = stream.connection();
    connection.enter(Phase::Idle);
    // The runtime reports the bytes only after the next round.
    assert_eq!(read_round(&mut stream, &mut Context::from_waker(std::task::Waker::noop())), (String::new(), false));
    peer.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    connection.ask_to_close(connection.standing());
    assert_eq!(next_round(&mut stream).await, ("GET / HTTP/1.1\r\n\r\n".to_owned(), false));
    assert!(!connection.is_asked_to_close());
}

#[tokio::test]
async fn an_unfinished_head_that_is_asked_to_close_ends_even_if_more_bytes_come() {
    let (mut stream, mut peer) = pair().await;
    peer.write_all(b"GET / HT").await.unwrap();
    assert_eq!(next_round(&mut stream).await, ("GET / HT".to_owned(), false));
    let connection = stream.connection();
    connection.ask_to_close(connection.standing());
    peer.write_all(b"T").await.unwrap();
    assert_eq!(next_round(&mut stream).await, (String::new(), true));
}

#[tokio::test]
async fn a_stalled_peer_is_reset_when_asked_to_close_and_one_that_reads_is_not() {
    let (mut stream, mut peer) = pair().await;
    let connection = stream.connection();
    connection.begin(BodyLength::Known(0));
    let piece = vec![b'x'; 65_536];
    let write = async |stream: &mut Stream| {
        std::future::poll_fn(|cx| Poll::Ready(Pin::new(&mut *stream).poll_write(cx, &piece))).await
    };
    while write(&mut stream).await.is_ready() {}
    assert_eq!(connection.phase(), Phase::Stalled);
    let seen = connection.standing();
    let mut taken = vec![0; 32 << 20];
    // The peer takes everything, so that the stream can be written again.
    while write(&mut stream).await.is_pending() {
        let _ = tokio::time::timeout(Duration::from_millis(10), peer.read(&mut taken)).await;
    }
    connection.ask_to_close(seen);
    assert!(!connection.is_asked_to_close(), "there was progress");
    while write(&mut stream).await.is_ready() {}
    connection.ask_to_close(connection.standing());
    let Poll::Ready(Err(error)) = write(&mut stream).await else { panic!("the stream still writes") };
    assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
}
