//! Sends one request to a receiver and keeps the beginning of the answer.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Certificate, Client, Request};
use rustls::pki_types::CertificateDer;
use tokio::time::timeout;
use url::Host;

use super::address_guard::{Guard, Lookup, Resolver, system_lookup};
pub use super::failure_cause::Failure;
use crate::domain::deliveries::Response;
use crate::domain::deliveries::failure_cause::FailureCause;
use crate::domain::webhooks::address::AddressPolicy;
use crate::domain::webhooks::target_url::TargetUrl;

/// Bytes of a body that are kept.
const KEPT_BODY: usize = 16 * 1024;
/// Bytes of header names and values that are kept.
const KEPT_HEADERS: usize = 8 * 1024;
/// Headers an answer may have.
const MOST_HEADERS: usize = 100;

/// An idle connection is kept that long. Its address was vetted when it was made, and is again with every answer.
const KEPT_CONNECTION: Duration = Duration::from_secs(1);

/// A request with everything in it but `host` and `content-length`.
#[derive(Clone, Debug)]
pub struct PreparedRequest {
    /// Where it goes.
    pub url: TargetUrl,
    /// Complete.
    pub headers: Headers,
    /// The very bytes that were signed.
    pub body: Bytes,
    /// From the lookup of the name to the end of the answer's head.
    pub timeout: Duration,
}

/// The headers of a request. All are marked as secrets, so that no log shows them.
#[derive(Clone, Debug, Default)]
pub struct Headers(HeaderMap);

impl Headers {
    /// Adds one; `None` if it is no header.
    pub fn append(&mut self, name: &str, value: &str) -> Option<()> {
        let mut value = HeaderValue::from_str(value).ok()?;
        value.set_sensitive(true);
        self.0.append(HeaderName::from_bytes(name.as_bytes()).ok()?, value);
        Some(())
    }

    /// The first of that name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.to_str().ok()
    }
}

/// An answer, whatever its status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// As far as it is kept.
    pub response: Response,
    /// Who answered.
    pub remote_ip: Option<IpAddr>,
}

/// The HTTP client could not be set up: most likely the machine has no root certificates.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client could not be set up: are the CA certificates of this system installed?")]
pub struct SetUpError(#[from] reqwest::Error);

/// What tests replace: the name service, further root certificates, and waiting times.
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
            lookup: system_lookup(),
            roots: Vec::new(),
            lookup_time: Duration::from_secs(5),
            connect_time: Duration::from_secs(10),
            body_time: Duration::from_secs(2),
        }
    }
}

/// Sends requests. One for the whole process; every URL that a user gave goes through it.
pub struct Sender {
    policy: Arc<AddressPolicy>,
    https: Client,
    http: Client,
    body_time: Duration,
}

impl Sender {
    /// A sender that follows that policy.
    pub fn new(policy: Arc<AddressPolicy>) -> Result<Self, SetUpError> {
        Self::with(policy, Setup::default())
    }

    pub(in crate::delivery) fn with(policy: Arc<AddressPolicy>, setup: Setup) -> Result<Self, SetUpError> {
        // Err means that the process has a provider already; any will do.
        rustls::crypto::ring::default_provider().install_default().ok();
        let https = client(&policy, &setup, true)?;
        let http = client(&policy, &setup, false)?;
        Ok(Self { policy, https, http, body_time: setup.body_time })
    }

    /// Sends one request, once. Ends within the request's time-out, plus 2 s for the body of an answer
    /// whose head is complete; what happens to that body makes no failure.
    pub async fn send(&self, request: &PreparedRequest) -> Result<Reply, Failure> {
        self.check(&request.url)?;
        let client = if request.url.is_https() { &self.https } else { &self.http };
        let answer = timeout(request.timeout, client.execute(built(request))).await;
        let response = answer.map_err(|_| FailureCause::Timeout)?.map_err(|error| self.failure(&error))?;
        let remote_ip = response.remote_addr().map(|remote| remote.ip());
        if remote_ip.is_some_and(|ip| !self.policy.admits(ip, request.url.is_https())) {
            tracing::error!(ip = ?remote_ip, "the client connected past the address guard");
            return Err(FailureCause::Internal.into());
        }
        Ok(Reply { response: kept(response, self.body_time).await, remote_ip })
    }

    /// The HTTP client never asks its resolver for an IP address in the URL, so that one is checked here,
    /// on every attempt, and with it all that may have changed since the address was saved.
    fn check(&self, url: &TargetUrl) -> Result<(), Failure> {
        url.check_again(&self.policy).map_err(|_| {
            let literal = match url.url().host() {
                Some(Host::Ipv4(ip)) => Some(ip.to_string()),
                Some(Host::Ipv6(ip)) => Some(ip.to_string()),
                Some(Host::Domain(_)) | None => None,
            };
            self.discreet(Failure { cause: FailureCause::BlockedAddress, detail: literal })
        })
    }

    fn failure(&self, error: &reqwest::Error) -> Failure {
        if error.is_connect() && error.is_timeout() {
            return FailureCause::ConnectTimeout.into();
        }
        self.discreet(Failure::of(error))
    }

    /// A blocked address is told only where an allow list says that people run a network of their own;
    /// elsewhere it would answer strangers' questions about ours.
    fn discreet(&self, failure: Failure) -> Failure {
        match failure.cause {
            FailureCause::BlockedAddress if !self.policy.has_allow_list() => failure.cause.into(),
            _ => failure,
        }
    }
}

fn client(policy: &Arc<AddressPolicy>, setup: &Setup, https: bool) -> Result<Client, reqwest::Error> {
    let (policy, lookup) = (Arc::clone(policy), Arc::clone(&setup.lookup));
    let guard = Guard { policy, lookup, patience: setup.lookup_time, https };
    let builder = Client::builder()
        .dns_resolver(Resolver(Arc::new(guard)))
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        // Another crate of the build may switch these features on.
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate()
        .http1_only()
        .http1_max_headers(MOST_HEADERS)
        // Names go out as most software writes them; `domain::header::as_sent` shows them the same way.
        .http1_title_case_headers()
        // A receiver that has done its work must not fail for a line that browsers and curl forgive. What frames the
        // message is not forgiven: two lengths, NUL and a bare CR are still no HTTP.
        .http1_allow_obsolete_multiline_headers_in_responses(true)
        .http1_allow_spaces_after_header_name_in_responses(true)
        .http1_ignore_invalid_headers_in_responses(true)
        // Kept for bursts only: servers close idle connections after 2 s and more, and what is written to one that is
        // just closing is a failed attempt. The client sends again only what it has not begun to write.
        .pool_idle_timeout(KEPT_CONNECTION)
        .connect_timeout(setup.connect_time)
        .tls_version_min(reqwest::tls::Version::TLS_1_2)
        .https_only(https);
    if https {
        let roots: Result<Vec<_>, _> = setup.roots.iter().map(|root| Certificate::from_der(root)).collect();
        builder.tls_certs_merge(roots?).build()
    } else {
        // The plain client trusts nobody, so that TLS through it must fail.
        builder.tls_certs_only([]).build()
    }
}

fn built(request: &PreparedRequest) -> Request {
    let mut built = Request::new(reqwest::Method::POST, request.url.url().clone());
    *built.headers_mut() = request.headers.0.clone();
    *built.body_mut() = Some(request.body.clone().into());
    built
}

/// The answer as far as it is kept; dropping the rest drops the connection.
async fn kept(mut answer: reqwest::Response, body_time: Duration) -> Response {
    let (status, headers) = (answer.status().as_u16(), kept_headers(answer.headers()));
    let mut body = Vec::new();
    let whole = timeout(body_time, fill(&mut body, &mut answer)).await.unwrap_or(false);
    Response { status, headers, body, truncated: !whole }
}

/// What does not fit is left out: `retry-after` still counts behind a large cookie.
fn kept_headers(all: &HeaderMap) -> Vec<(String, String)> {
    let mut room = KEPT_HEADERS;
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

/// Reads until the body ends (true), breaks, or is more than is kept.
async fn fill(body: &mut Vec<u8>, answer: &mut reqwest::Response) -> bool {
    loop {
        let Ok(chunk) = answer.chunk().await else { return false };
        let Some(chunk) = chunk else { return true };
        let room = KEPT_BODY.saturating_sub(body.len());
        body.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
        if chunk.len() > room {
            return false;
        }
    }
}
