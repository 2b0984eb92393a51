//! `hachok health`: asks a running server for `/readyz`, or `/healthz`.
//!
//! By plain sockets: the command runs every few seconds in a container, and must need neither CA certificates nor a
//! database.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use clap::Args;
use url::{Host, Url};

use super::server::reached_at;
use crate::command_error::CommandError;
use crate::config;
use crate::version::VERSION;

/// `/readyz` answers within 8 s, also while the database does not.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// Answers are one line; the rest of a longer one is not read.
const ANSWER_BYTES_MAX: u64 = 64 * 1024;

/// Which server is asked, and what.
#[derive(Args, Debug)]
pub struct Question {
    /// Address that the server listens on; of 0.0.0.0 and ::, the loopback address is asked
    #[arg(long, env = "HACHOK_BIND", default_value = "127.0.0.1:8080", value_name = "ADDRESS")]
    bind: SocketAddr,
    /// URL of the server, http:// only [default: http:// and the bind address]
    #[arg(long, env = "HACHOK_SERVER", value_name = "URL", value_parser = server)]
    server: Option<Url>,
    /// Only ask whether the process lives (/healthz), not whether it can do its work (/readyz)
    #[arg(long)]
    alive: bool,
}

/// Parses the URL of a server that is asked without TLS.
pub fn server(text: &str) -> Result<Url, String> {
    let url = config::public_url(text)?;
    if url.scheme() == "http" { Ok(url) } else { Err("must be http://: ask a proxy with a client for https".into()) }
}

/// Prints what the server answers. Fails if it does not answer within 10 s, or with anything but 200.
pub fn run(question: &Question) -> Result<(), CommandError> {
    println!("{}", answer_to(question)?);
    Ok(())
}

/// Asks the server at that URL whether it can do its work.
pub fn ask_whether_ready(server: &Url) -> Result<(), CommandError> {
    let unused = SocketAddr::from(([127, 0, 0, 1], 0));
    answer_to(&Question { bind: unused, server: Some(server.clone()), alive: false }).map(drop)
}

fn answer_to(question: &Question) -> Result<String, CommandError> {
    let path = if question.alive { "/healthz" } else { "/readyz" };
    let place = question.server.as_ref().map_or_else(|| question.bind.to_string(), |url| url.authority().to_owned());
    let answer = addresses(question).and_then(|addresses| ask(&addresses, &place, path, ANSWER_TIMEOUT));
    let answer = answer.map_err(|error| CommandError::RunTime(no_answer(&place, &error)))?;
    let (status, body) = parse(&answer)
        .ok_or_else(|| CommandError::RunTime(format!("{place} answers, but not in HTTP: is it Hachok?")))?;
    let said = body.lines().next().unwrap_or_default().trim();
    if status == 200 {
        Ok(said.to_owned())
    } else {
        Err(CommandError::RunTime(format!("{place}{path} answered {status}: {said}")))
    }
}

/// A read that reaches its timeout fails with EAGAIN, of which the system's text is "Resource temporarily unavailable".
fn no_answer(place: &str, error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => {
            format!("no answer from {place} within {} s", ANSWER_TIMEOUT.as_secs())
        }
        _ => format!("no answer from {place}: {error}"),
    }
}

/// The addresses to try, in this order.
fn addresses(question: &Question) -> std::io::Result<Vec<SocketAddr>> {
    let Some(url) = &question.server else { return Ok(reached_at(question.bind)) };
    let port = url.port_or_known_default().unwrap_or(80);
    match url.host() {
        Some(Host::Domain(name)) => Ok((name, port).to_socket_addrs()?.collect()),
        Some(Host::Ipv4(address)) => Ok(vec![(address, port).into()]),
        Some(Host::Ipv6(address)) => Ok(vec![(address, port).into()]),
        None => Ok(Vec::new()),
    }
}

/// The answer to a GET request, which has to be complete within `timeout`. `Connection: close` ends it.
fn ask(addresses: &[SocketAddr], host: &str, path: &str, timeout: Duration) -> std::io::Result<Vec<u8>> {
    let until = Instant::now() + timeout;
    let mut stream = connect(addresses, timeout)?;
    stream.set_write_timeout(Some(timeout))?;
    // At once: a server may answer and close after the first part of a request.
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: hachok/{VERSION}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let (mut answer, mut chunk) = (Vec::new(), [0; 4096]);
    while (answer.len() as u64) < ANSWER_BYTES_MAX {
        let left = until.saturating_duration_since(Instant::now());
        // A zero timeout would mean none.
        stream.set_read_timeout(Some(left.max(Duration::from_millis(1))))?;
        match stream.read(&mut chunk)? {
            0 => break,
            count => answer.extend_from_slice(chunk.get(..count).unwrap_or_default()),
        }
    }
    Ok(answer)
}

/// Each address gets its share of `timeout`.
fn connect(addresses: &[SocketAddr], timeout: Duration) -> std::io::Result<TcpStream> {
    let share = timeout / u32::try_from(addresses.len()).unwrap_or(u32::MAX).max(1);
    let mut last = std::io::Error::other("the name has no address");
    for address in addresses {
        match TcpStream::connect_timeout(address, share) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Status and body of an HTTP/1 answer.
fn parse(answer: &[u8]) -> Option<(u16, String)> {
    let text = String::from_utf8_lossy(answer);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()?;
    Some((status, body.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_does_not_answer_in_time_is_named_with_the_time() {
        let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = silent.local_addr().expect("an address");
        let error = ask(&[address], "localhost", "/readyz", Duration::from_millis(20)).expect_err("no answer");
        assert_eq!(no_answer("localhost", &error), "no answer from localhost within 10 s");
        let other = std::io::Error::from(ErrorKind::ConnectionRefused);
        assert_eq!(no_answer("localhost", &other), "no answer from localhost: connection refused");
    }

    #[test]
    fn only_http_is_an_answer() {
        assert_eq!(parse(b"HTTP/1.1 503 Unavailable\r\na: b\r\n\r\nwhy\n"), Some((503, "why\n".into())));
        for other in [&b"SSH-2.0-x\r\n\r\n"[..], b"HTTP/1.1 200 OK", b"", b"HTTP/1.1\r\n\r\n"] {
            assert_eq!(parse(other), None);
        }
    }
}
