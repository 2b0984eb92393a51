//! Messages for the values of the domain's enums.

use std::borrow::Borrow;

use super::{Count, Translator};
use crate::domain::accounts::api_token::{Lifetime, Scope, Scopes};
use crate::domain::accounts::user::{Role, Theme};
use crate::domain::chatwoot::connection::{FaultKind, Refusal, State as ConnectionState};
use crate::domain::deliveries::failure_cause::{CauseGroup, FailureCause};
use crate::domain::deliveries::log_filter::StateFilter;
use crate::domain::deliveries::log_period::Period;
use crate::domain::deliveries::recovery::RecoveryState;
use crate::domain::deliveries::state::DeliveryState;
use crate::domain::deliveries::{Reason, Trigger};
use crate::domain::events::Unmatched;
use crate::domain::events::catalogue::{EventName, Group};
use crate::domain::inboxes::Inbox;
use crate::domain::problem::Problem;
use crate::domain::system::status::SystemProblem;
use crate::domain::webhooks::State;
use crate::domain::webhooks::authorization::Method;
use crate::domain::webhooks::chart_range::Range;
use crate::domain::webhooks::verification::Part;
use crate::domain::webhooks::verification::mistake::Mistake;

impl Translator<'_> {
    /// Gives the inboxes without a name one in the reader's language.
    pub fn named_inboxes(&self, inboxes: Vec<Inbox>) -> Vec<Inbox> {
        inboxes.into_iter().map(|inbox| self.named_inbox(inbox)).collect()
    }

    /// See [`Translator::named_inboxes`].
    pub fn named_inbox(&self, inbox: Inbox) -> Inbox {
        let name = inbox.unnamed.as_ref().map(|number| self.inbox_without_name(number));
        Inbox { name: name.unwrap_or(inbox.name), ..inbox }
    }

    /// The state of a webhook.
    pub fn state_word(&self, state: impl Borrow<State>) -> String {
        self.named("state", state.borrow().as_str())
    }

    /// The state of a webhook as an option of the list's filter.
    pub fn state_filter(&self, state: impl Borrow<State>) -> String {
        self.named("filter", state.borrow().as_str())
    }

    /// The state of a delivery.
    pub fn delivery_state(&self, state: impl Borrow<DeliveryState>) -> String {
        self.named("status", state.borrow().as_str())
    }

    /// A state of deliveries as an option of the log's filter.
    pub fn delivery_state_filter(&self, state: impl Borrow<StateFilter>) -> String {
        self.named("status", state.borrow().as_str())
    }

    /// Why attempts fail, in one word: for the column of HTTP statuses and for the log's filter.
    pub fn cause_group(&self, group: impl Borrow<CauseGroup>) -> String {
        self.named("failure", group.borrow().as_str())
    }

    /// Why a delivery failed permanently.
    pub fn reason(&self, reason: impl Borrow<Reason>) -> String {
        self.named("reason", reason.borrow().as_str())
    }

    /// The state of a recovery.
    pub fn recovery_state(&self, state: impl Borrow<RecoveryState>) -> String {
        self.named("recovery", state.borrow().as_str())
    }

    /// A mistake in verifying a signature, and how to correct it.
    pub fn mistake(&self, mistake: impl Borrow<Mistake>) -> String {
        self.named("mistake", mistake.borrow().as_str())
    }

    /// The field of a signature that is malformed.
    pub fn unreadable(&self, part: impl Borrow<Part>) -> String {
        self.named("unreadable", part.borrow().as_str())
    }

    /// The time range of a chart.
    pub fn range(&self, range: impl Borrow<Range>) -> String {
        self.named("range", range.borrow().as_str())
    }

    /// What made a delivery.
    pub fn trigger(&self, trigger: impl Borrow<Trigger>) -> String {
        self.named("trigger", trigger.borrow().as_str())
    }

    /// A period of the log that ends now.
    pub fn period(&self, period: impl Borrow<Period>) -> String {
        self.named("period", period.borrow().as_str())
    }

    /// The label of a filter of the log.
    pub fn filter_label(&self, name: &str) -> String {
        match name {
            "webhook" => self.webhook(),
            "status" => self.status(),
            "cause" => self.filter_cause(),
            "event" | "event_id" => self.event(),
            "trigger" => self.made_by(),
            "inbox" => self.inbox(),
            "from" | "finished_from" => self.filter_from(),
            "to" | "finished_to" => self.filter_to(),
            "period" => self.filter_period(),
            "test" => self.filter_test(),
            "q" => self.search(),
            "outcome" => self.received_outcome(),
            _ => self.pages(),
        }
    }

    /// The title of an event.
    pub fn event_title(&self, event: impl Borrow<EventName>) -> String {
        self.named("event", event.borrow().as_str())
    }

    /// When an event is sent.
    pub fn event_about(&self, event: impl Borrow<EventName>) -> String {
        self.named("about", event.borrow().as_str())
    }

    /// Why no webhook got an event.
    pub fn unmatched(&self, why: impl Borrow<Unmatched>) -> String {
        self.named("unmatched", why.borrow().as_str())
    }

    /// Why a certain webhook did not get an event.
    pub fn not_for(&self, why: impl Borrow<Unmatched>) -> String {
        self.named("not_for", why.borrow().as_str())
    }

    /// When a derived event is sent. Only for derived events.
    pub fn event_derivation(&self, event: impl Borrow<EventName>) -> String {
        self.named("derived", event.borrow().as_str())
    }

    /// The description of a field in an event's body; `key` is of [`crate::domain::events::schema::Field`].
    pub fn field_about(&self, key: &str) -> String {
        self.named("field", key)
    }

    /// The title of a group of events.
    pub fn group(&self, group: impl Borrow<Group>) -> String {
        match group.borrow() {
            Group::Conversation => self.group_conversation(),
            Group::Message => self.group_message(),
            Group::Contact => self.group_contact(),
            Group::Ticket => self.group_ticket(),
            Group::Inbox => self.group_inbox(),
            Group::Widget => self.group_widget(),
        }
    }

    /// The name of a role.
    pub fn role(&self, role: impl Borrow<Role>) -> String {
        self.named("role", role.borrow().as_str())
    }

    /// The description of a role.
    pub fn role_about(&self, role: impl Borrow<Role>) -> String {
        self.named("role_about", role.borrow().as_str())
    }

    /// The name of a token's scope.
    pub fn scope(&self, scope: impl Borrow<Scope>) -> String {
        self.named("scope", scope.borrow().as_str())
    }

    /// The names of a token's scopes.
    pub fn scopes(&self, scopes: impl Borrow<Scopes>) -> String {
        scopes.borrow().iter().map(|scope| self.scope(scope)).collect::<Vec<_>>().join(", ")
    }

    /// The description of a token's scope.
    pub fn scope_about(&self, scope: impl Borrow<Scope>) -> String {
        self.named("scope_about", scope.borrow().as_str())
    }

    /// The lifetime of a new token.
    pub fn lifetime(&self, lifetime: impl Borrow<Lifetime>) -> String {
        self.named("lifetime", lifetime.borrow().as_str())
    }

    /// The name of a theme.
    pub fn theme_word(&self, theme: impl Borrow<Theme>) -> String {
        self.named("theme", theme.borrow().as_str())
    }

    /// A problem of the system.
    pub fn trouble(&self, trouble: impl Borrow<SystemProblem>) -> String {
        self.named("trouble", trouble.borrow().as_str())
    }

    /// The name of an authorization method.
    pub fn method(&self, method: impl Borrow<Method>) -> String {
        self.named("method", method.borrow().as_str())
    }

    /// The state of a connection to Chatwoot.
    pub fn chatwoot_state(&self, state: impl Borrow<ConnectionState>) -> String {
        self.named("chatwoot_state", state.borrow().as_str())
    }

    /// What went wrong at the last check of a connection.
    pub fn chatwoot_fault(&self, kind: impl Borrow<FaultKind>) -> String {
        self.named("chatwoot_fault", kind.borrow().as_str())
    }

    /// Why a request of a Chatwoot was refused.
    pub fn chatwoot_refusal(&self, reason: impl Borrow<Refusal>) -> String {
        self.named("chatwoot_refusal", reason.borrow().as_str())
    }

    /// Why a Chatwoot did not respond.
    pub fn chatwoot_cause(&self, cause: FailureCause) -> String {
        const CALL_TIMEOUT_S: u8 = 6;
        self.cause(cause, None, CALL_TIMEOUT_S)
    }

    /// Why an attempt failed. `code` is the HTTP status, `timeout_s` the webhook's timeout.
    pub fn cause(&self, cause: FailureCause, code: Option<u16>, timeout_s: u8) -> String {
        match cause {
            FailureCause::Timeout => self.cause_timeout(Count::from(timeout_s)),
            FailureCause::HttpStatus => self.cause_http_status(code.unwrap_or_default().to_string()),
            other => self.named("cause", other.as_str()),
        }
    }

    /// What to do about a failed attempt of a delivery with this trigger. A test is sent once and changes nothing at the
    /// webhook.
    pub fn advice(&self, cause: FailureCause, code: Option<u16>, trigger: Trigger) -> String {
        let is_test = trigger == Trigger::Test;
        match (cause, code) {
            (FailureCause::Gone, _) if is_test => self.advice_gone_test(),
            (FailureCause::Internal, _) if is_test => self.advice_internal_test(),
            (FailureCause::HttpStatus, Some(429)) if is_test => self.advice_too_many_test(),
            (FailureCause::HttpStatus, Some(code @ (401 | 403))) => self.advice_unauthorized(code.to_string()),
            (FailureCause::HttpStatus, Some(404 | 405)) => self.advice_not_found(),
            (FailureCause::HttpStatus, Some(400 | 413 | 415 | 422)) => self.advice_rejected(),
            (FailureCause::HttpStatus, Some(429)) => self.advice_too_many(),
            (FailureCause::HttpStatus, Some(500..)) => self.advice_unavailable(),
            _ => self.named("advice", cause.as_str()),
        }
    }
}

/// Problems whose message has no variable, and those whose message has `name`.
macro_rules! problems {
    ($($plain:ident)* ; $($with_name:ident)*) => {
        impl Translator<'_> {
            /// The message of a problem.
            pub fn problem_words(&self, problem: &Problem) -> String {
                match problem {
                    Problem::HeaderNameReserved { name } if name.eq_ignore_ascii_case("authorization") => {
                        self.HeaderNameAuthorization()
                    }
                    $(Problem::$plain => self.say(stringify!($plain), []),)*
                    $(Problem::$with_name { name } => {
                        self.say(stringify!($with_name), [("name", crate::i18n::translator::Text::value(name))])
                    })*
                    Problem::ChangedByOther { at } => self.changed_by_other(*at),
                    Problem::HeaderNameReadAs { name, read_as } => self.HeaderNameReadAs(name, read_as),
                    Problem::BodyTooLarge { max_bytes } => self.BodyTooLarge(self.size(max_bytes)),
                    Problem::Wait { seconds } => self.sign_in_wait(seconds),
                    Problem::ChatwootUnreachable { cause } => self.ChatwootUnreachable(self.chatwoot_cause(*cause)),
                }
            }
        }

        #[cfg(test)]
        pub(super) const PROBLEMS: &[&str] = &[$(stringify!($plain),)* $(stringify!($with_name),)*];
    };
}

problems! {
    NameTooLong NameHasControls TestEventUnknown UrlMissing UrlIncomplete UrlNotHttps UrlHasCredentials UrlHasFragment UrlPrivate UrlPortRefused
    UrlTooLong UrlIsOurs AuthorizationMissing TokenMissing TokenHasSpaces TokenInvalid TokenTooLong TokenAgain LoginMissing
    LoginHasColon LoginTooLong LoginHasControls PasswordMissing PasswordTooLong PasswordHasControls UrlHasControls
    FieldHasControls HeaderNameMissing HeaderNameInvalid HeaderNameTooLong
    HeaderValueMissing HeaderValueInvalid HeaderValueTooLong TooManyHeaders EventsMissing EventUnknown InboxesMissing
    InboxUnknown TooManyInboxes SecretTooShort SecretInvalid TimeoutOutOfRange PageTooOld ServerError InboxNameMissing
    ExternalIdTooLong ExternalIdTaken UserNameMissing EmailInvalid EmailTaken AccountPasswordTooShort
    AccountPasswordTooLong AccountPasswordEasy TimeZoneUnknown JsonInvalid SendingFailed SinceInvalid UntilInvalid
    TokenNameMissing ScopesMissing LastAdmin NotYourself CurrentPasswordWrong AttributeInvalid HashingBusy
    ChatwootUrlInvalid ChatwootUrlNotHttps ChatwootTokenRefused ChatwootNotAdministrator ChatwootLimited ChatwootRedirects
    ChatwootBadAnswer ChatwootChoiceTooOld ChatwootNameMissing ChatwootAccountInvalid ChatwootSecretInvalid;
    UrlTaken HeaderNameReserved HeaderNameForeign HeaderNameTaken
}
