//! What an error of the HTTP client means.

use std::error::Error;
use std::io::{self, ErrorKind};

use super::address_guard::Refusal;
use crate::domain::deliveries::failure_cause::FailureCause;

/// Why a request brought no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The cause.
    pub cause: FailureCause,
    /// More for administrators: the blocked address where an allow list is set, or the TLS fault.
    /// Foreign text may be inside.
    pub detail: Option<String>,
}

impl From<FailureCause> for Failure {
    fn from(cause: FailureCause) -> Self {
        Self { cause, detail: None }
    }
}

/// Characters of a detail: certificates can carry thousands of names.
const LONGEST_DETAIL: usize = 200;

impl Failure {
    /// The failure with more about it.
    pub(in crate::delivery) fn with_detail(cause: FailureCause, detail: &impl ToString) -> Self {
        Self { cause, detail: Some(detail.to_string().chars().take(LONGEST_DETAIL).collect()) }
    }

    /// The first link of the error's chain that says what happened decides.
    pub(in crate::delivery) fn of(error: &(dyn Error + 'static)) -> Self {
        chain(error).find_map(meaning).unwrap_or_else(|| {
            let mut faults = chain(error).filter_map(|link| link.downcast_ref::<hyper::Error>()).peekable();
            if faults.peek().is_none() {
                return FailureCause::Internal.into();
            }
            // hyper has no query for bytes that come before the request is sent, such as the greeting of a mail
            // server. They cancel the request, or end its connection; the error that says so is the source.
            let is_unsolicited = faults.any(|fault| !fault.is_canceled() && !fault.is_closed());
            if is_unsolicited { FailureCause::InvalidHttp.into() } else { FailureCause::ConnectReset.into() }
        })
    }
}

/// An error and what caused it, outermost first.
fn chain<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&link| match link.downcast_ref::<io::Error>() {
        // `source` of an io::Error skips the error it wraps, which here is the one that matters.
        Some(wrapper) => wrapper.get_ref().map(|inner| inner as &(dyn Error + 'static)),
        None => link.source(),
    })
}

fn meaning(link: &(dyn Error + 'static)) -> Option<Failure> {
    if let Some(refusal) = link.downcast_ref::<Refusal>() {
        return Some(refused(*refusal));
    }
    if let Some(fault) = link.downcast_ref::<rustls::Error>() {
        return Some(Failure::with_detail(FailureCause::TlsError, fault));
    }
    if let Some(fault) = link.downcast_ref::<hyper::Error>() {
        return broken_talk(fault).map(Failure::from);
    }
    link.downcast_ref::<io::Error>().and_then(|fault| broken_line(fault.kind())).map(Failure::from)
}

fn refused(refusal: Refusal) -> Failure {
    match refusal {
        Refusal::Blocked(ip) => Failure::with_detail(FailureCause::BlockedAddress, &ip),
        Refusal::NotFound | Refusal::TooSlow | Refusal::TooMany => FailureCause::DnsError.into(),
    }
}

fn broken_talk(fault: &hyper::Error) -> Option<FailureCause> {
    if fault.is_parse() {
        Some(FailureCause::InvalidHttp)
    } else if fault.is_incomplete_message() {
        Some(FailureCause::ConnectReset)
    } else if fault.is_user() {
        Some(FailureCause::Internal)
    } else {
        None
    }
}

fn broken_line(kind: ErrorKind) -> Option<FailureCause> {
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
