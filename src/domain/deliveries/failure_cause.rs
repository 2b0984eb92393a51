//! The causes of failed attempts, and the macro for enums that are stored and sent as text.

/// Defines an enum whose values have a name in the database and in JSON: `ALL`, `as_str`, `parse`, `Serialize`.
macro_rules! named {
    ($(#[$doc:meta])* $type:ident { $($(#[$vdoc:meta])* $name:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $type { $($(#[$vdoc])* $name,)* }

        impl $type {
            /// All values, in the order of their definition.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The name in the database and in JSON.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// Finds a value by its name.
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.as_str() == text)
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}
pub(crate) use named;

named!(
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
