//! The webhook form of the page and of the API: its fields as typed, and the validator that turns them into a checked
//! webhook.

use std::collections::HashSet;

use super::header_row::{HeaderRow, or_stored};
use crate::domain::events::catalogue::EventName;
use crate::domain::id::InboxId;
use crate::domain::inboxes::Inbox;
use crate::domain::name::parse_name;
use crate::domain::problem::{Field, Problem, Problems};
use crate::domain::webhooks::address::AddressPolicy;
use crate::domain::webhooks::authorization::{self as auth, Credential, Method, NewAuthorization};
use crate::domain::webhooks::header::name::HeaderName;
use crate::domain::webhooks::header::{self, NewHeader, ShownHeader};
use crate::domain::webhooks::options::{Options, TIMEOUTS_S};
use crate::domain::webhooks::signing::SigningSecret;
use crate::domain::webhooks::target_url::TargetUrl;
use crate::domain::webhooks::{InboxScope, NewWebhook, SELECTED_INBOXES_MAX, Webhook};
use crate::domain::{json, text};

/// Rows of extra headers that are read. More than may be saved, so that too many are reported as a problem.
const ROWS_MAX: usize = 64;

/// What a submitted webhook is checked against.
pub struct Context<'a> {
    /// The webhook as stored before the edit; `None` for a new one.
    pub stored: Option<&'a Webhook>,
    /// All inboxes, archived ones included.
    pub inboxes: &'a [Inbox],
    /// The rules for target addresses.
    pub policy: &'a AddressPolicy,
}

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
    pub redirect_is_success: bool,
    /// The webhook's version when the edit began.
    pub version: Option<i32>,
}

impl WebhookForm {
    /// An empty form with `events` selected.
    pub fn blank(events: Vec<String>) -> Self {
        Self {
            auth: Method::None.as_str().into(),
            events,
            inbox_scope: "all".into(),
            timeout_s: Options::default().timeout_s.to_string(),
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
        let row = |header: &ShownHeader| HeaderRow {
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
            timeout_s: webhook.options.timeout_s.to_string(),
            viewers_see_answers: webhook.options.viewers_see_answers,
            redirect_is_success: webhook.options.redirect_is_success,
            version: Some(webhook.version),
            ..Self::default()
        }
    }
}

impl WebhookForm {
    /// Reads the fields of the webhook form by their names; ignores unknown ones.
    pub fn from_pairs<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let mut form = Self::default();
        for (key, value) in pairs {
            form.take(key, value);
        }
        form
    }

    fn take(&mut self, key: &str, value: &str) {
        let value = || value.to_owned();
        match key {
            "name" => self.name = value(),
            "url" => self.url = value(),
            "auth" => self.auth = value(),
            "bearer_token" => self.bearer_token = value(),
            "basic_login" => self.basic_login = value(),
            "basic_password" => self.basic_password = value(),
            "custom_name" => self.custom_name = value(),
            "custom_value" => self.custom_value = value(),
            "events" => self.events.push(value()),
            "inbox_scope" => self.inbox_scope = value(),
            "inboxes" => self.inboxes.push(value()),
            "secret" => self.secret = value(),
            "timeout_s" => self.timeout_s = value(),
            "viewers_see_answers" => self.viewers_see_answers = true,
            "redirect_is_success" => self.redirect_is_success = true,
            "version" => self.version = value().parse().ok(),
            _ => self.take_header(key, value()),
        }
    }

    /// Reads `headers[3][name]` and its siblings.
    fn take_header(&mut self, key: &str, value: String) {
        let place = key.strip_prefix("headers[").and_then(|rest| rest.split_once("]["));
        let Some((place, part)) = place else { return };
        let Some(place) = place.parse::<usize>().ok().filter(|place| *place < ROWS_MAX) else { return };
        if self.headers.len() <= place {
            self.headers.resize_with(place + 1, HeaderRow::default);
        }
        let Some(row) = self.headers.get_mut(place) else { return };
        match part {
            "name]" => row.name = value,
            "value]" => row.value = value,
            "hide]" => row.hide = true,
            "remove]" => row.remove = true,
            _ => {}
        }
    }
}

impl WebhookForm {
    /// Returns the webhook, or all problems by field. A blank secret keeps the stored one, as long as the authorization
    /// method and the origin of the URL stay the same: otherwise a person who may edit webhooks could point one at
    /// their own host and receive the secret.
    pub fn check(&self, context: &Context) -> Result<NewWebhook, Problems> {
        let mut problems = Problems::default();
        let name = problems.keep(Field::Name, parse_name(&self.name)).flatten();
        let url = problems.keep(Field::Url, TargetUrl::parse(&self.url, context.policy));
        let moved = match (context.stored, &url) {
            (Some(stored), Some(url)) => stored.url.origin() != url.origin(),
            _ => false,
        };
        let authorization = self.checked_authorization(context.stored, moved, &mut problems);
        let events = self.checked_events(&mut problems);
        let inboxes = self.checked_inboxes(context, &mut problems);
        let secret = match text::trimmed(&self.secret) {
            "" => None,
            typed => problems.keep(Field::Secret, SigningSecret::parse(typed)),
        };
        let headers = self.checked_headers(context.stored, moved, &mut problems);
        let options = problems.keep(Field::Timeout, self.checked_options());
        match (url, authorization, options) {
            (Some(url), Some(authorization), Some(options)) => {
                problems.or(NewWebhook { name, url, authorization, events, inboxes, headers, options, secret })
            }
            _ => Err(problems),
        }
    }

    /// Whether an option differs from its default, or is wrong.
    pub fn has_options(&self) -> bool {
        self.checked_options() != Ok(Options::default())
    }

    fn checked_options(&self) -> Result<Options, Problem> {
        let timeout_s = match text::trimmed(&self.timeout_s) {
            "" => Options::default().timeout_s,
            typed => {
                let seconds = json::whole(typed).and_then(|seconds| seconds.parse().ok());
                seconds.filter(|seconds| TIMEOUTS_S.contains(seconds)).ok_or(Problem::TimeoutOutOfRange)?
            }
        };
        Ok(Options {
            timeout_s,
            viewers_see_answers: self.viewers_see_answers,
            redirect_is_success: self.redirect_is_success,
        })
    }

    fn checked_authorization(
        &self,
        stored: Option<&Webhook>,
        moved: bool,
        problems: &mut Problems,
    ) -> Option<NewAuthorization> {
        let Some(method) = Method::parse(&self.auth) else {
            problems.add(Field::Authorization, Problem::AuthorizationMissing);
            return None;
        };
        let kept = stored.is_some_and(|stored| stored.authorization.method == method);
        let credential = |typed: &str, parse: fn(&str) -> Result<secrecy::SecretString, Problem>| match typed {
            "" if kept && moved => Err(Problem::TokenAgain),
            "" if kept => Ok(Credential::Keep),
            typed => parse(typed).map(Credential::Set),
        };
        match method {
            Method::None => Some(NewAuthorization::None),
            Method::Bearer => {
                let token = credential(text::trimmed(&self.bearer_token), auth::parse_token);
                problems.keep(Field::BearerToken, token).map(NewAuthorization::Bearer)
            }
            Method::Basic => {
                let login = problems.keep(Field::BasicLogin, auth::parse_login(&self.basic_login));
                let password = credential(text::trimmed_password(&self.basic_password), auth::parse_password);
                let password = problems.keep(Field::BasicPassword, password);
                Some(NewAuthorization::Basic(login?, password?))
            }
            Method::Custom => {
                let parsed = HeaderName::parse_custom(&self.custom_name);
                let stays = kept && !moved && text::trimmed(&self.custom_value).is_empty();
                let old =
                    stored.filter(|_| stays).map(|stored| HeaderName::from_stored(stored.authorization.name.clone()));
                let name = problems.keep(Field::CustomName, or_stored(parsed, &self.custom_name, old));
                let value =
                    credential(text::trimmed(&self.custom_value), |typed| header::parse_value(typed).map(Into::into));
                let value = problems.keep(Field::CustomValue, value);
                Some(NewAuthorization::Custom(name?, value?))
            }
        }
    }

    fn checked_events(&self, problems: &mut Problems) -> Vec<EventName> {
        let mut events = Vec::new();
        for typed in &self.events {
            match EventName::parse(typed) {
                Some(event) => events.push(event),
                None => {
                    problems.add(Field::Events, Problem::EventUnknown);
                    break;
                }
            }
        }
        if self.events.is_empty() {
            problems.add(Field::Events, Problem::EventsMissing);
        }
        events.sort_unstable();
        events.dedup();
        events
    }

    fn checked_inboxes(&self, context: &Context, problems: &mut Problems) -> InboxScope {
        match self.inbox_scope.as_str() {
            "all" => return InboxScope::All,
            "selected" if !self.inboxes.is_empty() => {}
            _ => {
                problems.add(Field::Inboxes, Problem::InboxesMissing);
                return InboxScope::All;
            }
        }
        if self.inboxes.len() > SELECTED_INBOXES_MAX {
            problems.add(Field::Inboxes, Problem::TooManyInboxes);
            return InboxScope::All;
        }
        let all: HashSet<InboxId> = context.inboxes.iter().map(|inbox| inbox.id).collect();
        let mut chosen: Vec<InboxId> = Vec::with_capacity(self.inboxes.len());
        for typed in &self.inboxes {
            let known = typed.parse().ok().filter(|id| all.contains(id));
            match known {
                Some(id) => chosen.push(id),
                None => {
                    problems.add(Field::Inboxes, Problem::InboxUnknown);
                    break;
                }
            }
        }
        chosen.sort_unstable();
        chosen.dedup();
        InboxScope::Selected(chosen)
    }

    fn checked_headers(&self, stored: Option<&Webhook>, moved: bool, problems: &mut Problems) -> Vec<NewHeader> {
        let mut taken: HashSet<String> = HashSet::new();
        if self.auth == Method::Custom.as_str() {
            taken.insert(text::trimmed(&self.custom_name).to_ascii_lowercase());
        }
        let mut headers = Vec::new();
        let rows = self.headers.iter().enumerate().filter(|(_, row)| !row.is_blank());
        if rows.clone().take(header::EXTRA_HEADERS_MAX + 1).count() > header::EXTRA_HEADERS_MAX {
            problems.add(Field::Headers, Problem::TooManyHeaders);
        }
        for (place, row) in rows.take(ROWS_MAX) {
            let name = problems.keep(Field::HeaderName(place), row.checked_name(stored, &mut taken));
            let value = problems.keep(Field::HeaderValue(place), row.checked_value(stored, moved));
            if let (Some(name), Some(value)) = (name, value) {
                headers.push(NewHeader { name, value });
            }
        }
        headers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_keys_and_header_rows_are_collected() {
        let pairs = [
            ("url", "https://a.example"),
            ("events", "message_created"),
            ("events", "team_changed"),
            ("headers[1][name]", "X-A"),
            ("headers[1][hide]", "on"),
            ("headers[0][value]", "v"),
            ("headers[99999999999999999999][name]", "no"),
            ("headers[77][name]", "no"),
            ("version", "4"),
            ("role", "admin"),
        ];
        let form = WebhookForm::from_pairs(pairs.into_iter());
        assert_eq!(form.events, ["message_created", "team_changed"]);
        assert_eq!(form.headers.len(), 2);
        assert_eq!((form.headers[1].name.as_str(), form.headers[1].hide), ("X-A", true));
        assert_eq!(form.version, Some(4));
    }

    proptest::proptest! {
        #[test]
        fn any_form_is_checked_without_a_panic(
            pairs in proptest::collection::vec(("(name|url|auth|bearer_token|basic_login|basic_password|custom_name|custom_value|events|inbox_scope|inboxes|secret|timeout_s|version|headers\\[[0-9]{1,3}\\]\\[(name|value|hide|remove)\\])", ".{0,40}"), 0..30)
        ) {
            let form = WebhookForm::from_pairs(pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())));
            let policy = crate::domain::webhooks::address::AddressPolicy::default();
            drop(form.check(&Context { stored: None, inboxes: &[], policy: &policy }));
        }
    }
}
