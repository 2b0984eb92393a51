//! The causes of failed attempts, and the macro for enums that are stored and sent as text.

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
