//! Requests of commands to a running server.

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueHint};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION, RETRY_AFTER, USER_AGENT};
use reqwest::{Client, Response};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::input_file;
use crate::command_error::CommandError;
use crate::config;
use crate::domain::text;
use crate::version::VERSION;

/// From the lookup of the name to the end of the answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// The rest of a longer answer is not read.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
const TOKEN_FILE_BYTES_MAX: usize = 4 * 1024;
const CAUSE_CHARS_MAX: usize = 200;

/// Which server is asked, and with what right.
#[derive(Args, Debug)]
pub struct ServerSettings {
    /// URL of the server [default: http:// and the bind address]
    #[arg(long, env = "HACHOK_SERVER", value_name = "URL", value_parser = config::public_url, value_hint = ValueHint::Url)]
    server: Option<Url>,
    /// Address that the server on this machine listens on; of 0.0.0.0 and ::, the loopback address is asked
    #[arg(long, env = "HACHOK_BIND", default_value = "127.0.0.1:8080", value_name = "ADDRESS")]
    bind: SocketAddr,
    /// API token. Other users of this machine see flags: prefer the variable or a file
    #[arg(long, env = "HACHOK_TOKEN", value_name = "TOKEN", hide_env_values = true, value_parser = secret,
          conflicts_with = "token_file")]
    token: Option<SecretString>,
    /// File with the API token
    #[arg(long, env = "HACHOK_TOKEN_FILE", value_name = "FILE", value_hint = ValueHint::FilePath)]
    token_file: Option<PathBuf>,
}

/// What a server answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// The value of `Retry-After`.
    pub retry_after: Option<String>,
    /// Where a redirect leads.
    pub location: Option<String>,
    /// The body, up to 64 KiB.
    pub body: Vec<u8>,
}

fn secret(text: &str) -> Result<SecretString, String> {
    Ok(text.into())
}

impl ServerSettings {
    /// A server whose address and token are known.
    pub fn of(server: Url, token: &str) -> Self {
        let bind = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self { server: Some(server), bind, token: Some(token.into()), token_file: None }
    }

    /// The server as messages name it.
    pub fn place(&self) -> String {
        self.url().origin().ascii_serialization()
    }

    fn url(&self) -> Url {
        self.server.clone().unwrap_or_else(|| of_bind(self.bind))
    }

    /// Posts JSON with the token. Follows no redirect, and fails without a complete answer within 10 s.
    pub async fn post(&self, path: &str, body: Vec<u8>) -> Result<Answer, CommandError> {
        self.post_within(ANSWER_TIMEOUT, path, body).await
    }

    async fn post_within(&self, limit: Duration, path: &str, body: Vec<u8>) -> Result<Answer, CommandError> {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, self.authorization().await?);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, HeaderValue::from_str(&format!("hachok/{VERSION}"))?);
        let failed = |error: &reqwest::Error| CommandError::RunTime(self.failure(error, limit));
        let mut url = self.url();
        url.set_path(path);
        let answer = self.client(limit)?.post(url).headers(headers).body(body).send().await;
        let mut answer = answer.map_err(|error| failed(&error))?;
        let body = beginning(&mut answer).await.map_err(|error| failed(&error))?;
        let header = |name| answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (retry_after, location) = (header(RETRY_AFTER), header(LOCATION));
        Ok(Answer { status: answer.status().as_u16(), retry_after, location, body })
    }

    async fn authorization(&self) -> Result<HeaderValue, CommandError> {
        let (token, setting) = match (&self.token, &self.token_file) {
            (Some(token), _) => (token.clone(), "--token (HACHOK_TOKEN)".to_owned()),
            (None, Some(file)) => (from_file(file).await?, file.display().to_string()),
            (None, None) => {
                return Err(CommandError::Setting(
                    "HACHOK_TOKEN, HACHOK_TOKEN_FILE or --token must give an API token; \
                     `hachok token add --name NAME --scope ingest` makes one"
                        .into(),
                ));
            }
        };
        let token = text::trimmed(token.expose_secret());
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            let line = format!("{setting} holds no API token: one is letters, digits, - and _ in one line");
            return Err(CommandError::Setting(line));
        }
        let mut value = HeaderValue::from_str(&format!("Bearer {token}"))?;
        value.set_sensitive(true);
        Ok(value)
    }

    fn client(&self, limit: Duration) -> Result<Client, CommandError> {
        // An error means that the process has a provider already.
        rustls::crypto::ring::default_provider().install_default().ok();
        let builder = Client::builder()
            .timeout(limit)
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .http1_only();
        if self.url().scheme() == "http" {
            let addresses = reached_at(self.bind);
            let builder = if self.server.is_none() { builder.resolve_to_addrs(LOCAL, &addresses) } else { builder };
            return Ok(builder.tls_certs_only([]).build()?);
        }
        builder.build().map_err(|error| {
            let cause = cause(&error);
            CommandError::RunTime(format!("https needs CA certificates (Debian: ca-certificates): {cause}"))
        })
    }

    /// What to do about a server without an answer.
    fn failure(&self, error: &reqwest::Error, limit: Duration) -> String {
        let (place, cause) = (self.place(), cause(error));
        if error.is_connect() {
            format!("no server at {place} ({cause}): start it, or set --server (HACHOK_SERVER) to its URL")
        } else if error.is_timeout() {
            format!(
                "no complete answer from {place} within {} s; the request may have been carried out",
                limit.as_secs()
            )
        } else {
            format!("no answer from {place} ({cause}): is it Hachok? The request may have been carried out")
        }
    }
}

/// Whether this machine has certificates by which a server on https can be checked.
pub fn has_ca_certificates() -> bool {
    rustls::crypto::ring::default_provider().install_default().ok();
    Client::builder().build().is_ok()
}

/// The name under which the addresses of a wildcard, which may be two, are asked.
const LOCAL: &str = "localhost";

fn of_bind(bind: SocketAddr) -> Url {
    let host = if bind.ip().is_unspecified() { format!("{LOCAL}:{}", bind.port()) } else { bind.to_string() };
    // An address is always a valid host.
    Url::parse(&format!("http://{host}")).unwrap_or_else(|_| unreachable!("{host}"))
}

/// Where a server that listens on `bind` is reached from this machine. A socket on `[::]` also takes IPv4, and a machine
/// may have no IPv6 on its loopback interface.
pub fn reached_at(bind: SocketAddr) -> Vec<SocketAddr> {
    let of = |addresses: &[IpAddr]| addresses.iter().map(|address| SocketAddr::new(*address, bind.port())).collect();
    match bind.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => of(&[Ipv4Addr::LOCALHOST.into()]),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => of(&[Ipv6Addr::LOCALHOST.into(), Ipv4Addr::LOCALHOST.into()]),
        address => of(&[address]),
    }
}

async fn from_file(file: &Path) -> Result<SecretString, CommandError> {
    let wrong = |what: &dyn std::fmt::Display| {
        CommandError::Setting(format!("--token-file (HACHOK_TOKEN_FILE) {}: {what}", file.display()))
    };
    let bytes = input_file::read(file, TOKEN_FILE_BYTES_MAX).await.map_err(|error| wrong(&error))?;
    String::from_utf8(bytes).map(SecretString::from).map_err(|_| wrong(&"it is no text"))
}

async fn beginning(answer: &mut Response) -> reqwest::Result<Vec<u8>> {
    let mut body = Vec::new();
    while body.len() < ANSWER_BYTES_MAX
        && let Some(chunk) = answer.chunk().await?
    {
        body.extend_from_slice(&chunk);
    }
    body.truncate(ANSWER_BYTES_MAX);
    Ok(body)
}

/// The innermost error says what happened; the outer ones, in which part of the client.
fn cause(error: &reqwest::Error) -> String {
    let mut innermost: &dyn Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    text::cleaned_to(&innermost.to_string(), CAUSE_CHARS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(server: &str) -> ServerSettings {
        let server = Some(server.parse().expect(server));
        let bind = "127.0.0.1:8080".parse().expect("an address");
        ServerSettings { server, bind, token: Some("hk_x".into()), token_file: None }
    }

    #[test]
    fn a_wildcard_is_asked_on_loopback_and_any_other_address_as_it_is() {
        for (bind, asked, place) in [
            ("127.0.0.1:8080", &["127.0.0.1:8080"][..], "http://127.0.0.1:8080"),
            ("0.0.0.0:8080", &["127.0.0.1:8080"], "http://localhost:8080"),
            ("[::]:80", &["[::1]:80", "127.0.0.1:80"], "http://localhost"),
            ("192.0.2.1:8080", &["192.0.2.1:8080"], "http://192.0.2.1:8080"),
            ("[::1]:8080", &["[::1]:8080"], "http://[::1]:8080"),
        ] {
            let bind: SocketAddr = bind.parse().expect(bind);
            let found: Vec<String> = reached_at(bind).iter().map(ToString::to_string).collect();
            assert_eq!(found, asked, "{bind}");
            assert_eq!(of_bind(bind).origin().ascii_serialization(), place);
        }
    }

    #[tokio::test]
    async fn a_server_that_does_not_answer_in_time_is_named_with_the_time() {
        let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", silent.local_addr().expect("an address"));
        let error = of(&url).post_within(Duration::from_millis(50), "/", Vec::new()).await.expect_err("no answer");
        let begins = format!("no complete answer from {url} within ");
        assert!(error.line().starts_with(&begins), "{}", error.line());
    }
}
