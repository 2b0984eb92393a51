//! Sends requests to receivers and reads the beginning of their answers.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Certificate, Client, Request};
use rustls::pki_types::CertificateDer;
use tokio::time::timeout;
use url::Host;

use super::address_guard::{Guard, Lookup, Resolver, system_lookup};
use super::connection_use::{ConnectionUse, NoteOpened, observed};
pub use super::failure_cause::Failure;
use crate::domain::deliveries::Response;
use crate::domain::deliveries::failure_cause::FailureCause;
use crate::domain::webhooks::address::AddressPolicy;
use crate::domain::webhooks::target_url::TargetUrl;

/// The longest body that is kept; the rest is not read.
const BODY_KEPT_BYTES_MAX: usize = 16 * 1024;
/// The most bytes of header names and values that are kept.
const HEADERS_KEPT_BYTES_MAX: usize = 8 * 1024;
/// An answer with more headers is invalid.
const HEADERS_MAX: usize = 100;

/// How long a request waits for the addresses of a name.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an idle connection is kept. Its address was checked when it was opened, and is checked again with each answer.
const IDLE_CONNECTION_KEPT: Duration = Duration::from_secs(1);

/// A request that is complete but for `host` and `content-length`, which the client adds.
#[derive(Clone, Debug)]
pub struct PreparedRequest {
    /// The URL of the receiver.
    pub url: TargetUrl,
    /// All other headers.
    pub headers: Headers,
    /// Exactly the bytes that were signed.
    pub body: Bytes,
    /// The time from the lookup of the name to the end of the answer's headers.
    pub timeout: Duration,
    /// Whether the request may go over a connection that an earlier one has used.
    pub connection: ConnectionChoice,
}

/// Over which connection a request goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionChoice {
    /// An idle one, or else a new one.
    Kept,
    /// A new one, which no other request uses.
    New,
}

/// The headers of a request. All are marked as sensitive, so that libraries do not log them.
#[derive(Clone, Debug, Default)]
pub struct Headers(pub(super) HeaderMap);

impl Headers {
    /// Adds a header; `None` if its name or value is not valid in HTTP.
    pub fn append(&mut self, name: &str, value: &str) -> Option<()> {
        let mut value = HeaderValue::from_str(value).ok()?;
        value.set_sensitive(true);
        self.0.append(HeaderName::from_bytes(name.as_bytes()).ok()?, value);
        Some(())
    }

    /// The value of the first header with this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.to_str().ok()
    }
}

/// An answer with any status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The status, and the beginning of headers and body.
    pub response: Response,
    /// The address that answered.
    pub remote_ip: Option<IpAddr>,
}

/// The HTTP client could not be set up.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client could not be set up: {0}")]
pub struct SetUpError(#[from] reqwest::Error);

/// What tests replace: the name service, additional root certificates, and timeouts.
pub(in crate::delivery) struct Setup {
    pub(in crate::delivery) lookup: Lookup,
    pub(in crate::delivery) roots: Vec<CertificateDer<'static>>,
    pub(in crate::delivery) lookup_time: Duration,
    pub(in crate::delivery) connect_time: Duration,
    pub(in crate::delivery) body_time: Duration,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            lookup: system_lookup(LOOKUP_TIMEOUT),
            roots: Vec::new(),
            lookup_time: LOOKUP_TIMEOUT,
            connect_time: Duration::from_secs(10),
            body_time: Duration::from_secs(2),
        }
    }
}

/// Sends requests. A process has one sender; every request to a URL that a user entered goes through it.
pub struct Sender {
    pub(super) policy: Arc<AddressPolicy>,
    https: Clients,
    http: Clients,
    has_ca_certificates: bool,
    /// How often a connection to each receiver, by its host and port, may have become idle.
    answers: Mutex<HashMap<String, u64>>,
    body_time: Duration,
}

/// The clients of one scheme.
struct Clients {
    keeping: Client,
    /// Opens a connection for each request.
    opening: Client,
}

impl Sender {
    /// A sender that connects only to addresses that the policy admits.
    pub fn new(policy: Arc<AddressPolicy>) -> Result<Self, SetUpError> {
        Self::with(policy, Setup::default())
    }

    pub(in crate::delivery) fn with(policy: Arc<AddressPolicy>, setup: Setup) -> Result<Self, SetUpError> {
        // An error means that the process has a provider already.
        rustls::crypto::ring::default_provider().install_default().ok();
        let clients = |roots| -> Result<Clients, reqwest::Error> {
            let keeping = client(&policy, &setup, roots, ConnectionChoice::Kept)?;
            Ok(Clients { keeping, opening: client(&policy, &setup, roots, ConnectionChoice::New)? })
        };
        // The client refuses to begin without any CA certificate. Receivers by plain http must not wait for them.
        let of_system = clients(Roots::OfSystem);
        let has_ca_certificates = of_system.is_ok();
        let https = of_system.or_else(|error| {
            tracing::warn!(?error, "the certificates of this system cannot be used");
            clients(Roots::None)
        })?;
        let http = clients(Roots::PlainHttp)?;
        let answers = Mutex::default();
        Ok(Self { policy, https, http, has_ca_certificates, answers, body_time: setup.body_time })
    }

    /// Whether this system has CA certificates. Without them every request by https fails with `tls_error`; they are looked
    /// for once.
    pub fn has_ca_certificates(&self) -> bool {
        self.has_ca_certificates
    }

    /// Sends one request, once. Returns within the timeout of the request, plus 2 s for the body of an answer whose
    /// headers are complete. A body that stalls or breaks is truncated and is not a failure.
    pub async fn send(&self, request: &PreparedRequest) -> Result<Reply, Failure> {
        self.check(&request.url)?;
        let client = self.client(&request.url, request.connection);
        let receiver = request.url.url().authority();
        let answers = self.answers(receiver, 0);
        let answer = timeout(request.timeout, observed(client.execute(built(request)))).await;
        let (answer, connection) = answer.map_err(|_| FailureCause::Timeout)?;
        let response = answer.map_err(|error| {
            let connection = match request.connection {
                ConnectionChoice::New => ConnectionUse::First,
                // The client may have opened a connection and then used another one, which had become idle meanwhile.
                ConnectionChoice::Kept if self.answers(receiver, 0) != answers => ConnectionUse::Reused,
                ConnectionChoice::Kept => connection,
            };
            self.failure(&error, connection)
        })?;
        self.answers(receiver, 1);
        let remote_ip = response.remote_addr().map(|remote| remote.ip());
        if remote_ip.is_some_and(|ip| !self.policy.admits(ip, request.url.is_https())) {
            tracing::error!(ip = ?remote_ip, "the client connected to an address that the guard does not admit");
            return Err(FailureCause::Internal.into());
        }
        let response = kept(response, self.body_time).await;
        self.answers(receiver, 1);
        Ok(Reply { response, remote_ip })
    }

    pub(super) fn client(&self, url: &TargetUrl, connection: ConnectionChoice) -> &Client {
        let clients = if url.is_https() { &self.https } else { &self.http };
        match connection {
            ConnectionChoice::Kept => &clients.keeping,
            ConnectionChoice::New => &clients.opening,
        }
    }

    /// Adds to the answers of a receiver, and returns their number.
    fn answers(&self, receiver: &str, more: u64) -> u64 {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        match answers.get_mut(receiver) {
            Some(answers) => {
                *answers += more;
                *answers
            }
            None => {
                answers.insert(receiver.to_owned(), more);
                more
            }
        }
    }

    /// Checks the URL again on every attempt: the HTTP client does not resolve an IP address in a URL, so the guard does
    /// not see it, and the rules may have changed since the webhook was saved.
    pub(super) fn check(&self, url: &TargetUrl) -> Result<(), Failure> {
        url.check_again(&self.policy).map_err(|_| {
            let literal = match url.url().host() {
                Some(Host::Ipv4(ip)) => Some(ip.to_string()),
                Some(Host::Ipv6(ip)) => Some(ip.to_string()),
                Some(Host::Domain(_)) | None => None,
            };
            self.without_blocked_address(Failure { detail: literal, ..FailureCause::BlockedAddress.into() })
        })
    }

    pub(super) fn failure(&self, error: &reqwest::Error, connection: ConnectionUse) -> Failure {
        if error.is_connect() && error.is_timeout() {
            return FailureCause::ConnectTimeout.into();
        }
        match Failure::of(error) {
            failure if failure.cause == FailureCause::ConnectReset && connection == ConnectionUse::Reused => {
                FailureCause::ConnectionClosed.into()
            }
            failure => self.without_blocked_address(failure),
        }
    }

    /// Removes a blocked address from a failure unless an allow list is configured: otherwise an administrator of webhooks could
    /// use the log to probe the DNS of Hachok's own network.
    fn without_blocked_address(&self, failure: Failure) -> Failure {
        match failure.cause {
            FailureCause::BlockedAddress if !self.policy.has_allow_list() => failure.cause.into(),
            _ => failure,
        }
    }
}

/// Which certificates a client trusts, and so for which scheme it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Roots {
    /// For https: those of the system, and those of the set-up.
    OfSystem,
    /// For https on a system that has none.
    None,
    /// For http. It trusts no certificate, so TLS through it always fails.
    PlainHttp,
}

fn client(
    policy: &Arc<AddressPolicy>,
    setup: &Setup,
    roots: Roots,
    connection: ConnectionChoice,
) -> Result<Client, reqwest::Error> {
    let (policy, lookup, https) = (Arc::clone(policy), Arc::clone(&setup.lookup), roots != Roots::PlainHttp);
    let guard = Guard { policy, lookup, timeout: setup.lookup_time, https };
    let builder = Client::builder()
        .dns_resolver(Resolver(Arc::new(guard)))
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        // Another crate of the build may turn these features on.
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate()
        .http1_only()
        .http1_max_headers(HEADERS_MAX)
        // Most software writes names in title case; `as_sent` in `domain/webhooks/header.rs` shows them the same way.
        .http1_title_case_headers()
        // Header lines that browsers and curl accept must not make a failure of a success. The framing of a message stays
        // strict: two lengths, NUL or a bare CR are invalid.
        .http1_allow_obsolete_multiline_headers_in_responses(true)
        .http1_allow_spaces_after_header_name_in_responses(true)
        .http1_ignore_invalid_headers_in_responses(true)
        // For bursts only: servers close idle connections after 2 s or more, and a request that is written to a closing
        // connection fails. The client repeats only a request of which it has written nothing.
        .pool_idle_timeout(IDLE_CONNECTION_KEPT)
        .connect_timeout(setup.connect_time)
        .tls_version_min(reqwest::tls::Version::TLS_1_2)
        .https_only(https)
        .connector_layer(NoteOpened);
    let builder = match connection {
        ConnectionChoice::Kept => builder,
        ConnectionChoice::New => builder.pool_max_idle_per_host(0),
    };
    match roots {
        Roots::OfSystem => {
            let roots: Result<Vec<_>, _> = setup.roots.iter().map(|root| Certificate::from_der(root)).collect();
            builder.tls_certs_merge(roots?).build()
        }
        Roots::None | Roots::PlainHttp => builder.tls_certs_only([]).build(),
    }
}

fn built(request: &PreparedRequest) -> Request {
    let mut built = Request::new(reqwest::Method::POST, request.url.url().clone());
    *built.headers_mut() = request.headers.0.clone();
    *built.body_mut() = Some(request.body.clone().into());
    built
}

/// Reads the part of the answer that is kept. The connection is closed if more follows.
async fn kept(mut answer: reqwest::Response, body_time: Duration) -> Response {
    let (status, headers) = (answer.status().as_u16(), kept_headers(answer.headers()));
    let mut body = Vec::new();
    let whole = timeout(body_time, fill(&mut body, &mut answer)).await.unwrap_or(false);
    Response { status, headers, body, truncated: !whole }
}

/// The headers up to 8 KiB. One that does not fit is left out, and later ones may still fit: `retry-after` counts even
/// after a large cookie.
fn kept_headers(all: &HeaderMap) -> Vec<(String, String)> {
    let mut room = HEADERS_KEPT_BYTES_MAX;
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    all.iter()
        .map(|(name, value)| (name.to_string(), text(value)))
        .filter(|(name, value)| match room.checked_sub(name.len() + value.len()) {
            Some(left) => {
                room = left;
                true
            }
            None => false,
        })
        .collect()
}

/// Reads the body. True if all of it was read; false if it broke or is longer than 16 KiB.
async fn fill(body: &mut Vec<u8>, answer: &mut reqwest::Response) -> bool {
    loop {
        let Ok(chunk) = answer.chunk().await else { return false };
        let Some(chunk) = chunk else { return true };
        let room = BODY_KEPT_BYTES_MAX.saturating_sub(body.len());
        body.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
        if chunk.len() > room {
            return false;
        }
    }
}
