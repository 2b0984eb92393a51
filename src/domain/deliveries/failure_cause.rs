//! Why an attempt failed. The words for it are found at rendering, in the reader's language.

macro_rules! named {
    ($(#[$doc:meta])* $type:ident { $($(#[$vdoc:meta])* $name:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $type { $($(#[$vdoc])* $name,)* }

        impl $type {
            /// Every value, in the order of their meaning.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The name in the database and in JSON.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// The value of that name.
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
    /// Why an attempt failed.
    FailureCause {
        /// The host name was not found, or the name service did not answer within 5 s.
        DnsError = "dns_error",
        /// The address is one that requests may not go to (docs/reference/address-rules.md).
        BlockedAddress = "blocked_address",
        /// Nobody listens there.
        ConnectRefused = "connect_refused",
        /// No connection within 10 s.
        ConnectTimeout = "connect_timeout",
        /// The connection broke before an answer came.
        ConnectReset = "connect_reset",
        /// The receiver's certificate or TLS version was not acceptable.
        TlsError = "tls_error",
        /// No answer within the webhook's time-out.
        Timeout = "timeout",
        /// The answer was no HTTP, or too large in its head.
        InvalidHttp = "invalid_http",
        /// A 3xx answer; redirects are not followed.
        Redirect = "redirect",
        /// Any other answer outside 200–299.
        HttpStatus = "http_status",
        /// 410: the receiver wants no more events.
        Gone = "gone",
        /// A fault of our own.
        Internal = "internal",
    }
);
