//! The causes of failed attempts, and the groups of causes by which the log can be filtered.

use crate::domain::string_enum::string_enum;

string_enum!(
    /// The cause of a failed attempt.
    FailureCause {
        /// The host name was not found, or the name server did not answer within 5 s.
        DnsError = "dns_error",
        /// The address guard forbids the address (docs/reference/address-rules.md).
        BlockedAddress = "blocked_address",
        /// The receiver refused the connection.
        ConnectRefused = "connect_refused",
        /// The connection was not established within 10 s.
        ConnectTimeout = "connect_timeout",
        /// The connection was closed before a response arrived.
        ConnectReset = "connect_reset",
        /// The receiver closed a kept connection before one byte of its answer: the attempt is interrupted, and the next
        /// follows at once on a new connection.
        ConnectionClosed = "connection_closed",
        /// The receiver's certificate or TLS version was not accepted.
        TlsError = "tls_error",
        /// No response within the webhook's timeout.
        Timeout = "timeout",
        /// The response was not HTTP, or its headers were too large.
        InvalidHttp = "invalid_http",
        /// A 3xx response; redirects are not followed.
        Redirect = "redirect",
        /// Any other response outside 200–299.
        HttpStatus = "http_status",
        /// A 410 response: the receiver wants no more events.
        Gone = "gone",
        /// An internal error of Hachok.
        Internal = "internal",
    }
);

string_enum!(
    /// A group of causes, as a filter of the log. Every failed attempt belongs to exactly one.
    CauseGroup {
        /// A response with a status of 300 to 399.
        Status3xx = "3xx",
        /// A response with a status of 400 to 499.
        Status4xx = "4xx",
        /// A response with a status of 500 to 599.
        Status5xx = "5xx",
        /// No connection or no response in time.
        Timeout = "timeout",
        /// The connection was refused.
        Refused = "refused",
        /// The connection was closed.
        Reset = "reset",
        /// The TLS handshake failed.
        Tls = "tls",
        /// The host name was not found.
        Dns = "dns",
        /// The address is not allowed.
        Blocked = "blocked",
        /// Not HTTP, a status outside 200 to 599, or an internal error.
        Other = "other",
    }
);

impl FailureCause {
    /// The group of a failed attempt with this HTTP status.
    pub const fn group(self, status: Option<u16>) -> CauseGroup {
        match (self, status) {
            (Self::Timeout | Self::ConnectTimeout, _) => CauseGroup::Timeout,
            (Self::ConnectRefused, _) => CauseGroup::Refused,
            (Self::ConnectReset | Self::ConnectionClosed, _) => CauseGroup::Reset,
            (Self::TlsError, _) => CauseGroup::Tls,
            (Self::DnsError, _) => CauseGroup::Dns,
            (Self::BlockedAddress, _) => CauseGroup::Blocked,
            (Self::Redirect | Self::HttpStatus | Self::Gone, Some(300..=399)) => CauseGroup::Status3xx,
            (Self::Redirect | Self::HttpStatus | Self::Gone, Some(400..=499)) => CauseGroup::Status4xx,
            (Self::Redirect | Self::HttpStatus | Self::Gone, Some(500..=599)) => CauseGroup::Status5xx,
            (Self::InvalidHttp | Self::Internal | Self::Redirect | Self::HttpStatus | Self::Gone, _) => {
                CauseGroup::Other
            }
        }
    }
}
