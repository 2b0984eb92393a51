//! What is wrong with input from a person or a program. The message is chosen when it is rendered.

use super::deliveries::failure_cause::FailureCause;
use super::timestamp::Timestamp;

/// The input field that a problem belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// The webhook's name.
    Name,
    /// The webhook's URL.
    Url,
    /// The authorization method.
    Authorization,
    /// The token of Bearer.
    BearerToken,
    /// The login of Basic.
    BasicLogin,
    /// The password of Basic.
    BasicPassword,
    /// The header name of Custom.
    CustomName,
    /// The header value of Custom.
    CustomValue,
    /// The subscribed events.
    Events,
    /// The choice of inboxes.
    Inboxes,
    /// A signing secret of the administrator's own.
    Secret,
    /// The list of extra headers as a whole.
    Headers,
    /// The name of the extra header in this row of the form, counted from 0.
    HeaderName(usize),
    /// The value of the extra header in this row of the form, counted from 0.
    HeaderValue(usize),
    /// The webhook's timeout.
    Timeout,
    /// The form as a whole.
    Form,
    /// An inbox's name.
    InboxName,
    /// An inbox's id in the help desk.
    InboxExternalId,
    /// An inbox's channel type.
    InboxChannelType,
    /// A user's name.
    UserName,
    /// A user's e-mail address.
    Email,
    /// A user's password.
    Password,
    /// A user's time zone.
    TimeZone,
    /// A test event's name.
    TestEvent,
    /// A test event's body.
    TestBody,
    /// The start of the time span in which failed deliveries are sent again.
    Since,
    /// An API token's name.
    TokenName,
    /// An API token's scopes.
    Scopes,
    /// A user's role.
    Role,
    /// The user's present password.
    CurrentPassword,
    /// The custom attribute that holds the substatus.
    Substatus,
    /// The end of the time span in which failed deliveries are sent again.
    Until,
    /// The base URL of a Chatwoot.
    ChatwootUrl,
    /// The access token of a Chatwoot.
    ChatwootToken,
    /// The name of a manual connection to a Chatwoot.
    ChatwootName,
    /// The account of a manual connection to a Chatwoot.
    ChatwootAccount,
    /// The signing secret of a manual connection to a Chatwoot.
    ChatwootSecret,
}

impl Field {
    /// The suffix of the element ids `f-…` and `err-…` on the page.
    pub fn slug(&self) -> String {
        match self {
            Self::Name => "name".into(),
            Self::Url => "url".into(),
            Self::Authorization => "auth".into(),
            Self::BearerToken => "token".into(),
            Self::BasicLogin => "login".into(),
            Self::BasicPassword => "password".into(),
            Self::CustomName => "custom-name".into(),
            Self::CustomValue => "custom-value".into(),
            Self::Events => "events".into(),
            Self::Inboxes => "inboxes".into(),
            Self::Secret => "secret".into(),
            Self::Headers => "headers".into(),
            Self::HeaderName(place) => format!("header-name-{place}"),
            Self::HeaderValue(place) => format!("header-value-{place}"),
            Self::Timeout => "timeout".into(),
            Self::Form => "form".into(),
            Self::InboxName => "inbox-name".into(),
            Self::InboxExternalId => "external-id".into(),
            Self::InboxChannelType => "channel-type".into(),
            Self::UserName => "user-name".into(),
            Self::Email => "email".into(),
            Self::Password => "new-password".into(),
            Self::TimeZone => "time-zone".into(),
            Self::TestEvent => "event".into(),
            Self::TestBody => "body".into(),
            Self::Since => "since".into(),
            Self::TokenName => "token-name".into(),
            Self::Scopes => "scopes".into(),
            Self::Role => "role".into(),
            Self::CurrentPassword => "current-password".into(),
            Self::Substatus => "substatus".into(),
            Self::Until => "until".into(),
            Self::ChatwootUrl => "chatwoot-url".into(),
            Self::ChatwootToken => "chatwoot-token".into(),
            Self::ChatwootName => "chatwoot-name".into(),
            Self::ChatwootAccount => "chatwoot-account".into(),
            Self::ChatwootSecret => "chatwoot-secret".into(),
        }
    }

    /// The name of the field in `attributes` of the management API's errors.
    pub const fn attribute(&self) -> &'static str {
        match self {
            Self::Name | Self::InboxName | Self::UserName | Self::TokenName | Self::ChatwootName => "name",
            Self::Url => "url",
            Self::Authorization
            | Self::BearerToken
            | Self::BasicLogin
            | Self::BasicPassword
            | Self::CustomName
            | Self::CustomValue => "authorization",
            Self::Events => "subscriptions",
            Self::Inboxes => "inbox_ids",
            Self::Secret | Self::ChatwootSecret => "secret",
            Self::Headers | Self::HeaderName(_) | Self::HeaderValue(_) => "headers",
            Self::Timeout => "timeout_s",
            Self::Form => "base",
            Self::InboxExternalId => "external_id",
            Self::InboxChannelType => "channel_type",
            Self::Email => "email",
            Self::Password => "password",
            Self::TimeZone => "time_zone",
            Self::TestEvent => "event",
            Self::TestBody => "body",
            Self::Since => "since",
            Self::Scopes => "scopes",
            Self::Role => "role",
            Self::CurrentPassword => "current_password",
            Self::Substatus => "substatus_attribute",
            Self::Until => "until",
            Self::ChatwootUrl => "base_url",
            Self::ChatwootToken => "token",
            Self::ChatwootAccount => "account",
        }
    }
}

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each name is the id of its message in locales/")]
pub enum Problem {
    NameTooLong,
    NameHasControls,
    UrlMissing,
    UrlIncomplete,
    UrlNotHttps,
    UrlHasCredentials,
    UrlHasFragment,
    UrlPrivate,
    UrlPortRefused,
    UrlTooLong,
    UrlHasControls,
    UrlIsOurs,
    /// A warning on the pages, an error in the API.
    UrlTaken {
        name: String,
    },
    AuthorizationMissing,
    TokenMissing,
    TokenHasSpaces,
    TokenInvalid,
    TokenTooLong,
    LoginMissing,
    LoginHasColon,
    LoginTooLong,
    LoginHasControls,
    PasswordMissing,
    PasswordTooLong,
    PasswordHasControls,
    HeaderNameMissing,
    HeaderNameInvalid,
    HeaderNameReserved {
        name: String,
    },
    HeaderNameForeign {
        name: String,
    },
    HeaderNameReadAs {
        name: String,
        read_as: String,
    },
    HeaderNameTaken {
        name: String,
    },
    HeaderNameTooLong,
    HeaderValueMissing,
    HeaderValueInvalid,
    HeaderValueTooLong,
    TooManyHeaders,
    TokenAgain,
    EventsMissing,
    EventUnknown,
    TestEventUnknown,
    InboxesMissing,
    InboxUnknown,
    TooManyInboxes,
    SecretTooShort,
    SecretInvalid,
    TimeoutOutOfRange,
    ChangedByOther {
        at: Timestamp,
    },
    PageTooOld,
    ServerError,
    InboxNameMissing,
    ExternalIdTooLong,
    /// The text contains hidden characters.
    FieldHasControls,
    ExternalIdTaken,
    UserNameMissing,
    EmailInvalid,
    EmailTaken,
    AccountPasswordTooShort,
    AccountPasswordTooLong,
    AccountPasswordEasy,
    TimeZoneUnknown,
    JsonInvalid,
    BodyTooLarge {
        /// The largest body that is accepted.
        max_bytes: usize,
    },
    SendingFailed,
    SinceInvalid,
    TokenNameMissing,
    ScopesMissing,
    LastAdmin,
    NotYourself,
    CurrentPasswordWrong,
    /// Too many attempts; the next is allowed after this time.
    Wait {
        seconds: u64,
    },
    AttributeInvalid,
    UntilInvalid,
    /// The queue for password hashing is full; the password was not checked.
    HashingBusy,
    ChatwootUrlInvalid,
    ChatwootUrlNotHttps,
    ChatwootTokenRefused,
    ChatwootNotAdministrator,
    ChatwootLimited,
    ChatwootRedirects,
    ChatwootBadAnswer,
    /// Chatwoot did not respond.
    ChatwootUnreachable {
        cause: FailureCause,
    },
    ChatwootChoiceTooOld,
    ChatwootNameMissing,
    ChatwootAccountInvalid,
    ChatwootSecretInvalid,
}

impl Problem {
    /// Whether it is a mistake in what was typed. The others come from another person's change, a page that is too old,
    /// a limit or the server.
    pub const fn is_mistake(&self) -> bool {
        !matches!(
            self,
            Self::ChangedByOther { .. }
                | Self::PageTooOld
                | Self::ServerError
                | Self::SendingFailed
                | Self::HashingBusy
                | Self::ChatwootLimited
                | Self::ChatwootBadAnswer
                | Self::ChatwootUnreachable { .. }
                | Self::ChatwootChoiceTooOld
                | Self::Wait { .. }
                | Self::LastAdmin
                | Self::NotYourself
        )
    }
}

/// Problems that are recorded for one input: more than the largest webhook form can have.
const PROBLEMS_MAX: usize = 160;

/// All problems of one input, in the order of its fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems {
    found: Vec<(Field, Problem)>,
    /// The names of the rows of extra headers, as typed.
    header_names: Vec<String>,
}

impl Problems {
    /// A single problem.
    pub fn one(field: Field, problem: Problem) -> Self {
        Self { found: vec![(field, problem)], header_names: Vec::new() }
    }

    /// Adds a problem, unless it is recorded already or the limit is reached.
    pub fn add(&mut self, field: Field, problem: Problem) {
        let noted = (field, problem);
        if self.found.len() < PROBLEMS_MAX && !self.found.contains(&noted) {
            self.found.push(noted);
        }
    }

    /// Returns the value of a successful check; records the problem of a failed one.
    pub fn keep<T>(&mut self, field: Field, checked: Result<T, Problem>) -> Option<T> {
        checked.map_err(|problem| self.add(field, problem)).ok()
    }

    /// Returns `value` if there is no problem, otherwise the problems.
    pub fn or<T>(self, value: T) -> Result<T, Self> {
        if self.is_empty() { Ok(value) } else { Err(self) }
    }

    /// Whether no problem is recorded.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// The number of problems.
    pub fn len(&self) -> usize {
        self.found.len()
    }

    /// The first problem of a field.
    pub fn of(&self, field: &Field) -> Option<&Problem> {
        self.found.iter().find(|(at, _)| at == field).map(|(_, problem)| problem)
    }

    /// Adds the names of the rows of extra headers, which a program knows instead of row numbers.
    #[must_use]
    pub fn with_header_names(self, header_names: Vec<String>) -> Self {
        Self { header_names, ..self }
    }

    /// The name of the extra header in this row.
    pub fn header_name(&self, row: usize) -> Option<&str> {
        self.header_names.get(row).map(String::as_str)
    }

    /// All problems with their fields.
    pub fn iter(&self) -> impl Iterator<Item = &(Field, Problem)> {
        self.found.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_recorded_once_and_their_number_is_limited() {
        let mut problems = Problems::default();
        for place in 0..100_000 {
            problems.add(Field::Events, Problem::EventUnknown);
            problems.add(Field::HeaderName(place), Problem::HeaderNameInvalid);
        }
        assert_eq!(problems.len(), PROBLEMS_MAX);
        assert_eq!(problems.iter().filter(|(field, _)| *field == Field::Events).count(), 1);
    }
}
