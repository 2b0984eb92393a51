//! Maps errors of the HTTP client to causes of failure.

use std::error::Error;
use std::io::{self, ErrorKind};

use super::address_guard::Refusal;
use crate::domain::deliveries::failure_cause::FailureCause;

/// Why a request got no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// For the log and the statistics.
    pub cause: FailureCause,
    /// For administrators: the blocked address if an allow list is set, or the TLS error, which may contain text of the
    /// receiver. At most 200 characters.
    pub detail: Option<String>,
    /// Whether the name service did not answer in time: a `dns_error` that waiting may cure.
    pub is_name_timeout: bool,
}

impl From<FailureCause> for Failure {
    fn from(cause: FailureCause) -> Self {
        Self { cause, detail: None, is_name_timeout: false }
    }
}

/// The longest detail: the error about a certificate may list thousands of names.
const DETAIL_CHARS_MAX: usize = 200;

impl Failure {
    pub(in crate::delivery) fn with_detail(cause: FailureCause, detail: &impl ToString) -> Self {
        let detail = detail.to_string().chars().take(DETAIL_CHARS_MAX).collect();
        Self { detail: Some(detail), ..cause.into() }
    }

    /// The cause of an error: the first error of its chain, from the outermost on, that has a known cause decides.
    pub(in crate::delivery) fn of(error: &(dyn Error + 'static)) -> Self {
        chain(error).find_map(meaning).unwrap_or_else(|| {
            let mut errors = chain(error).filter_map(|link| link.downcast_ref::<hyper::Error>()).peekable();
            if errors.peek().is_none() {
                return FailureCause::Internal.into();
            }
            // hyper has no predicate for bytes that arrive before the request is sent, such as the greeting of a mail
            // server. They cancel the request or close the connection; their own error is the source of that one.
            let is_unsolicited = errors.any(|error| !error.is_canceled() && !error.is_closed());
            if is_unsolicited { FailureCause::InvalidHttp.into() } else { FailureCause::ConnectReset.into() }
        })
    }
}

/// An error and its sources, outermost first.
fn chain<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&link| match link.downcast_ref::<io::Error>() {
        // `io::Error::source` skips the wrapped error itself, which may be the guard's refusal.
        Some(wrapper) => wrapper.get_ref().map(|inner| inner as &(dyn Error + 'static)),
        None => link.source(),
    })
}

/// The failure that an error means by itself, if its type has a known cause.
fn meaning(link: &(dyn Error + 'static)) -> Option<Failure> {
    if let Some(refusal) = link.downcast_ref::<Refusal>() {
        return Some(refusal_failure(*refusal));
    }
    if let Some(error) = link.downcast_ref::<rustls::Error>() {
        return Some(Failure::with_detail(FailureCause::TlsError, error));
    }
    if let Some(error) = link.downcast_ref::<hyper::Error>() {
        return http_cause(error).map(Failure::from);
    }
    link.downcast_ref::<io::Error>().and_then(|error| io_cause(error.kind())).map(Failure::from)
}

fn refusal_failure(refusal: Refusal) -> Failure {
    match refusal {
        Refusal::Blocked(ip) => Failure::with_detail(FailureCause::BlockedAddress, &ip),
        Refusal::TooSlow => Failure { is_name_timeout: true, ..FailureCause::DnsError.into() },
        Refusal::NotFound | Refusal::TooMany => FailureCause::DnsError.into(),
    }
}

fn http_cause(error: &hyper::Error) -> Option<FailureCause> {
    if error.is_parse() {
        Some(FailureCause::InvalidHttp)
    } else if error.is_incomplete_message() {
        Some(FailureCause::ConnectReset)
    } else if error.is_user() {
        Some(FailureCause::Internal)
    } else {
        None
    }
}

fn io_cause(kind: ErrorKind) -> Option<FailureCause> {
    match kind {
        ErrorKind::ConnectionRefused | ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => {
            Some(FailureCause::ConnectRefused)
        }
        ErrorKind::TimedOut => Some(FailureCause::ConnectTimeout),
        ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::BrokenPipe
        | ErrorKind::NotConnected
        | ErrorKind::WriteZero
        | ErrorKind::UnexpectedEof => Some(FailureCause::ConnectReset),
        _ => None,
    }
}
