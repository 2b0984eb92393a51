//! `/chatwoot/{id}` and `/chatwoot/{id}/disconnection`.

use askama::Template;

use crate::domain::accounts::user::Language;
use crate::domain::chatwoot::connection::{Connection, Counted, Fault, FaultKind, Refusal, State};
use crate::domain::deliveries::failure_cause::FailureCause;
use crate::domain::problem::{Field, Problems};
use crate::domain::timestamp::Timestamp;
use crate::i18n::Translator;
use crate::views::components::{Badge, FormErrors};
use crate::views::filters;
use crate::views::layout::{Layout, Notice, Place};

/// What the page of a connection shows.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionInput<'a> {
    pub connection: &'a Connection,
    /// The URL that Chatwoot calls; it holds the ingest key, so only administrators get it.
    pub url: Option<&'a str>,
    /// Refused requests, the most recent first.
    pub refusals: &'a [Counted<Refusal>],
    /// Events that the catalogue does not have, the most recent first.
    pub unknown: &'a [Counted<String>],
}

/// `/chatwoot/{id}`.
#[derive(Template)]
#[template(path = "chatwoot/connection.html")]
pub struct ConnectionPage<'a> {
    layout: Layout<'a>,
    t: Translator<'a>,
    connection: &'a Connection,
    url: Option<&'a str>,
    refusals: &'a [Counted<Refusal>],
    unknown: &'a [Counted<String>],
    errors: FormErrors<'a>,
}

impl<'a> ConnectionPage<'a> {
    pub fn new(layout: Layout<'a>, input: ConnectionInput<'a>, problems: &'a Problems) -> Self {
        let errors = FormErrors::new(layout.t, layout.t.chatwoot_secret_not_saved(), problems);
        let ConnectionInput { connection, refusals, unknown, .. } = input;
        let url = input.url.filter(|_| connection.disconnected_at.is_none());
        Self { t: layout.t, layout: layout.at(Place::Chatwoot), connection, url, refusals, unknown, errors }
    }

    fn badge(&self) -> Badge {
        Badge::of_connection(self.t, self.connection.state())
    }

    /// Whether an event has yet to arrive, or only the key protects ingest.
    fn needs_hints(&self) -> bool {
        self.is_connected() && (self.connection.last_event_at.is_none() || self.is_unsigned())
    }

    /// Whether the Chatwoot of a registered webhook has no signing secret.
    fn is_unsigned(&self) -> bool {
        let is_registered = self.connection.server.as_ref().is_some_and(|server| server.webhook_id.is_some());
        is_registered && !self.connection.has_secret
    }

    /// Until when the replaced key is valid, if it still is.
    fn old_key_until(&self) -> Option<Timestamp> {
        self.connection.old_key_until.filter(|until| *until > self.t.now())
    }

    fn is_connected(&self) -> bool {
        self.connection.state() != State::Disconnected
    }

    /// A fault in words, with its detail.
    fn fault(&self, fault: &Fault) -> String {
        let words = self.t.chatwoot_fault(fault.kind);
        match (fault.kind, fault.detail.as_deref()) {
            (FaultKind::Unreachable, Some(detail)) => match FailureCause::parse(detail) {
                Some(cause) => format!("{words} {}.", self.t.chatwoot_cause(cause)),
                None => words,
            },
            (FaultKind::EventsRefused, Some(names)) => format!("{words} {}.", names.replace(' ', ", ")),
            (FaultKind::BadAnswer, Some(status)) => format!("{words} HTTP {status}."),
            _ => words,
        }
    }
}

/// `/chatwoot/{id}/disconnection`.
#[derive(Template)]
#[template(path = "chatwoot/disconnect.html")]
pub struct DisconnectPage<'a> {
    layout: Layout<'a>,
    t: Translator<'a>,
    connection: &'a Connection,
}

impl<'a> DisconnectPage<'a> {
    pub fn new(layout: Layout<'a>, connection: &'a Connection) -> Self {
        Self { t: layout.t, layout: layout.at(Place::Chatwoot), connection }
    }
}
