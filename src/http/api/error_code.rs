//! The codes of errors, in the management API and at ingest. They are stable: a program may compare them
//! (docs/reference/http-api.md, "Codes").

#![expect(dead_code, reason = "Hachok writes codes and parses none")]

use crate::domain::problem::Problem;
use crate::domain::string_enum::string_enum;

string_enum!(
    /// What is wrong, as a name for programs.
    Code {
        /// The body is not JSON, or not of the expected kind.
        InvalidJson = "invalid_json",
        /// The body is nested too deeply.
        TooDeep = "too_deep",
        /// Hachok sent the request itself.
        Loop = "loop",
        /// The idempotency key is not usable.
        InvalidKey = "invalid_key",
        /// No token, or one that is unknown, revoked or expired; at ingest also a wrong signature.
        Unauthorized = "unauthorized",
        /// The scopes of the token do not allow the request.
        Forbidden = "forbidden",
        /// It does not exist.
        NotFound = "not_found",
        /// The path has other methods.
        MethodNotAllowed = "method_not_allowed",
        /// The body did not arrive in time, or not to its end.
        Timeout = "timeout",
        /// The body, or the event in it, is too large.
        TooLarge = "too_large",
        /// The body has another type, or is encoded.
        UnsupportedMediaType = "unsupported_media_type",
        /// A webhook that is off gets no requests.
        WebhookOff = "webhook_off",
        /// A test is sent again by the test, not as a delivery.
        TestDelivery = "test_delivery",
        /// A deleted webhook gets no requests.
        WebhookDeleted = "webhook_deleted",
        /// There is no such webhook.
        UnknownWebhook = "unknown_webhook",
        /// A recovery of the webhook is running.
        RecoveryRunning = "recovery_running",
        /// Only a pending delivery is cancelled.
        DeliveryEnded = "delivery_ended",
        /// It was changed in the meantime.
        Changed = "changed",
        /// No entity tag of `If-Match` is the current one.
        PreconditionFailed = "precondition_failed",
        /// The secret was replaced a short time ago.
        RotatedRecently = "rotated_recently",
        /// The event has no name.
        MissingEvent = "missing_event",
        /// The catalogue has no such event.
        UnknownEvent = "unknown_event",
        /// The key came with another body before.
        IdempotencyMismatch = "idempotency_mismatch",
        /// The batch has too many events.
        TooManyEvents = "too_many_events",
        /// The batch makes too many deliveries.
        TooManyDeliveries = "too_many_deliveries",
        /// The query, the body or the item of a batch has a name that is not known.
        UnknownParameter = "unknown_parameter",
        /// The query or the body has a name more than once.
        DuplicateParameter = "duplicate_parameter",
        /// A value is missing.
        Required = "required",
        /// A value is not of the kind or form that its field needs.
        Invalid = "invalid",
        /// A text is too long.
        TooLong = "too_long",
        /// A secret is too short.
        TooShort = "too_short",
        /// A list has too many members.
        TooMany = "too_many",
        /// A number is too small or too large.
        OutOfRange = "out_of_range",
        /// A text contains invisible characters.
        HiddenCharacters = "hidden_characters",
        /// The URL is not https.
        NotHttps = "not_https",
        /// The URL contains user name or password.
        HasCredentials = "has_credentials",
        /// The URL contains a fragment.
        HasFragment = "has_fragment",
        /// The URL leads to an address that is not allowed.
        PrivateAddress = "private_address",
        /// The URL has a port that is not allowed.
        PortRefused = "port_refused",
        /// The URL is that of Hachok itself.
        OwnAddress = "own_address",
        /// Another one has this value already.
        Taken = "taken",
        /// Hachok sets this header itself.
        Reserved = "reserved",
        /// The URL has another origin: enter the stored secret again.
        SecretNeeded = "secret_needed",
        /// There is no such inbox, or it was archived.
        UnknownInbox = "unknown_inbox",
        /// No administrator would be left.
        LastAdministrator = "last_administrator",
        /// Too many requests.
        RateLimited = "rate_limited",
        /// A fault of the server.
        Internal = "internal",
        /// The server or its database is busy, or cannot be written to.
        Overloaded = "overloaded",
        /// The database has not confirmed the event in time.
        Unknown = "unknown",
    }
);

impl Code {
    /// The code of a problem of a field.
    pub const fn of(problem: &Problem) -> Self {
        use Problem as P;
        match problem {
            P::UrlMissing
            | P::AuthorizationMissing
            | P::TokenMissing
            | P::LoginMissing
            | P::PasswordMissing
            | P::HeaderNameMissing
            | P::HeaderValueMissing
            | P::EventsMissing
            | P::InboxesMissing
            | P::InboxNameMissing
            | P::UserNameMissing
            | P::TokenNameMissing
            | P::ScopesMissing
            | P::ChatwootNameMissing => Self::Required,
            P::NameTooLong
            | P::UrlTooLong
            | P::TokenTooLong
            | P::LoginTooLong
            | P::PasswordTooLong
            | P::HeaderNameTooLong
            | P::HeaderValueTooLong
            | P::ExternalIdTooLong
            | P::AccountPasswordTooLong => Self::TooLong,
            P::SecretTooShort | P::AccountPasswordTooShort => Self::TooShort,
            P::TooManyHeaders | P::TooManyInboxes => Self::TooMany,
            P::TimeoutOutOfRange => Self::OutOfRange,
            P::NameHasControls
            | P::UrlHasControls
            | P::LoginHasControls
            | P::PasswordHasControls
            | P::FieldHasControls => Self::HiddenCharacters,
            P::UrlNotHttps | P::ChatwootUrlNotHttps => Self::NotHttps,
            P::UrlHasCredentials => Self::HasCredentials,
            P::UrlHasFragment => Self::HasFragment,
            P::UrlPrivate => Self::PrivateAddress,
            P::UrlPortRefused => Self::PortRefused,
            P::UrlIsOurs => Self::OwnAddress,
            P::UrlTaken { .. } | P::HeaderNameTaken { .. } | P::ExternalIdTaken | P::EmailTaken => Self::Taken,
            P::HeaderNameReserved { .. } | P::HeaderNameForeign { .. } | P::HeaderNameReadAs { .. } => Self::Reserved,
            P::TokenAgain => Self::SecretNeeded,
            P::EventUnknown | P::TestEventUnknown => Self::UnknownEvent,
            P::InboxUnknown => Self::UnknownInbox,
            P::ChangedByOther { .. } | P::PageTooOld | P::ChatwootChoiceTooOld => Self::Changed,
            P::JsonInvalid => Self::InvalidJson,
            P::BodyTooLarge { .. } => Self::TooLarge,
            P::LastAdmin => Self::LastAdministrator,
            P::Wait { .. } | P::ChatwootLimited => Self::RateLimited,
            P::HashingBusy => Self::Overloaded,
            P::ServerError | P::SendingFailed => Self::Internal,
            P::UrlIncomplete
            | P::TokenHasSpaces
            | P::TokenInvalid
            | P::LoginHasColon
            | P::HeaderNameInvalid
            | P::HeaderValueInvalid
            | P::SecretInvalid
            | P::EmailInvalid
            | P::AccountPasswordEasy
            | P::TimeZoneUnknown
            | P::SinceInvalid
            | P::UntilInvalid
            | P::NotYourself
            | P::CurrentPasswordWrong
            | P::AttributeInvalid
            | P::ChatwootUrlInvalid
            | P::ChatwootTokenRefused
            | P::ChatwootNotAdministrator
            | P::ChatwootRedirects
            | P::ChatwootBadAnswer
            | P::ChatwootUnreachable { .. }
            | P::ChatwootAccountInvalid
            | P::ChatwootSecretInvalid => Self::Invalid,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Code;

    #[test]
    fn the_reference_lists_every_code_and_no_other() {
        let reference = include_str!("../../../docs/reference/http-api.md");
        let (_, listed) = reference.split_once("### Codes\n").expect("a list of codes");
        let listed = listed.split("\n#").next().unwrap_or_default();
        let rows = listed.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
        let (mut rows, mut codes): (Vec<&str>, Vec<&str>) =
            (rows.collect(), Code::ALL.iter().map(|code| code.as_str()).collect());
        rows.sort_unstable();
        codes.sort_unstable();
        assert_eq!(rows, codes);
        assert!(codes.iter().all(|code| code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')));
    }
}
