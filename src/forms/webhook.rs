//! The webhook form: the fields of the page and of the API, before validation.

use crate::domain::webhooks::authorization::Method;
use crate::domain::webhooks::{DEFAULT_TIMEOUT_S, InboxScope, Webhook};

/// The fields as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields of the form, by their names")]
pub struct WebhookForm {
    pub name: String,
    pub url: String,
    pub auth: String,
    pub bearer_token: String,
    pub basic_login: String,
    pub basic_password: String,
    pub custom_name: String,
    pub custom_value: String,
    pub events: Vec<String>,
    pub inbox_scope: String,
    pub inboxes: Vec<String>,
    pub headers: Vec<HeaderRow>,
    pub secret: String,
    pub timeout_s: String,
    pub viewers_see_answers: bool,
    /// The webhook's version when the edit began.
    pub version: Option<i32>,
}

/// One row of the extra headers, as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields of the form, by their names")]
pub struct HeaderRow {
    pub name: String,
    pub value: String,
    pub hide: bool,
    /// The checkbox *Remove* of this row.
    pub remove: bool,
}

impl WebhookForm {
    /// An empty form with `events` selected.
    pub fn blank(events: Vec<String>) -> Self {
        Self {
            auth: Method::None.as_str().into(),
            events,
            inbox_scope: "all".into(),
            timeout_s: DEFAULT_TIMEOUT_S.to_string(),
            ..Self::default()
        }
    }

    /// The form for a copy: all settings of `webhook` except its secrets, under another name.
    pub fn copy_of(webhook: &Webhook, name: String) -> Self {
        Self { name, version: None, ..Self::of(webhook) }
    }

    /// The form for editing a stored webhook: all settings except its secrets.
    pub fn of(webhook: &Webhook) -> Self {
        let (login, header) = match webhook.authorization.method {
            Method::Basic => (webhook.authorization.name.clone(), String::new()),
            Method::Custom => (String::new(), webhook.authorization.name.clone()),
            Method::None | Method::Bearer => Default::default(),
        };
        let (scope, inboxes) = match &webhook.inboxes {
            InboxScope::All => ("all", Vec::new()),
            InboxScope::Selected(ids) => ("selected", ids.iter().map(ToString::to_string).collect()),
        };
        let row = |header: &crate::domain::webhooks::header::ShownHeader| HeaderRow {
            name: header.name.to_string(),
            value: header.value.clone().unwrap_or_default(),
            hide: header.value.is_none(),
            remove: false,
        };
        Self {
            name: webhook.name.clone().unwrap_or_default(),
            url: webhook.url.as_str().into(),
            auth: webhook.authorization.method.as_str().into(),
            basic_login: login,
            custom_name: header,
            events: webhook.events.iter().map(ToString::to_string).collect(),
            inbox_scope: scope.into(),
            inboxes,
            headers: webhook.headers.iter().map(row).collect(),
            timeout_s: webhook.timeout_s.to_string(),
            viewers_see_answers: webhook.viewers_see_answers,
            version: Some(webhook.version),
            ..Self::default()
        }
    }
}
