//! The validator of webhooks, shared by the form page and the API: turns what was submitted into a checked webhook.

use std::collections::HashSet;

use super::pairs::ROWS_MAX;
use super::webhook::{HeaderRow, WebhookForm};
use crate::domain::events::catalogue::EventName;
use crate::domain::id::InboxId;
use crate::domain::inboxes::Inbox;
use crate::domain::name::parse_name;
use crate::domain::problem::{Field, Problem, Problems};
use crate::domain::webhooks::address::AddressPolicy;
use crate::domain::webhooks::authorization::{self as auth, Credential, Method, NewAuthorization};
use crate::domain::webhooks::header::name::HeaderName;
use crate::domain::webhooks::header::{self, NewHeader, NewValue, ShownHeader};
use crate::domain::webhooks::signing::SigningSecret;
use crate::domain::webhooks::target_url::TargetUrl;
use crate::domain::webhooks::{DEFAULT_TIMEOUT_S, InboxScope, NewWebhook, SELECTED_INBOXES_MAX, TIMEOUTS_S, Webhook};
use crate::domain::{json, text};

/// What a submitted webhook is checked against.
pub struct Context<'a> {
    /// The webhook as stored before the edit; `None` for a new one.
    pub stored: Option<&'a Webhook>,
    /// All inboxes, archived ones included.
    pub inboxes: &'a [Inbox],
    /// The rules for target addresses.
    pub policy: &'a AddressPolicy,
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
        let timeout = match text::trimmed(&self.timeout_s) {
            "" => Some(DEFAULT_TIMEOUT_S),
            typed => {
                let seconds = json::whole(typed).and_then(|seconds| seconds.parse().ok());
                seconds.filter(|seconds| TIMEOUTS_S.contains(seconds))
            }
        };
        let timeout = problems.keep(Field::Timeout, timeout.ok_or(Problem::TimeoutOutOfRange));
        match (url, authorization, timeout) {
            (Some(url), Some(authorization), Some(timeout_s)) => {
                let viewers_see_answers = self.viewers_see_answers;
                problems.or(NewWebhook {
                    name,
                    url,
                    authorization,
                    events,
                    inboxes,
                    headers,
                    timeout_s,
                    viewers_see_answers,
                    secret,
                })
            }
            _ => Err(problems),
        }
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

impl HeaderRow {
    /// Nothing was typed, or the row is marked for removal.
    pub fn is_blank(&self) -> bool {
        self.remove || text::trimmed(&self.name).is_empty() && text::trimmed(&self.value).is_empty()
    }

    fn checked_name(&self, stored: Option<&Webhook>, taken: &mut HashSet<String>) -> Result<HeaderName, Problem> {
        let unchanged =
            self.stored(stored).filter(|old| text::trimmed(&self.value) == old.value.as_deref().unwrap_or_default());
        let name = or_stored(HeaderName::parse_extra(&self.name), &self.name, unchanged.map(|old| old.name.clone()))?;
        if taken.insert(name.as_str().to_ascii_lowercase()) {
            Ok(name)
        } else {
            Err(Problem::HeaderNameTaken { name: text::trimmed(&self.name).to_owned() })
        }
    }

    /// The stored header with the name of this row.
    fn stored<'a>(&self, stored: Option<&'a Webhook>) -> Option<&'a ShownHeader> {
        let name = text::trimmed(&self.name);
        stored.and_then(|stored| stored.headers.iter().find(|old| old.name.as_str().eq_ignore_ascii_case(name)))
    }

    /// A hidden value stays hidden: it can be replaced but never be shown.
    fn checked_value(&self, stored: Option<&Webhook>, moved: bool) -> Result<NewValue, Problem> {
        let was_hidden = self.stored(stored).is_some_and(|old| old.value.is_none());
        match text::trimmed(&self.value) {
            "" if was_hidden && moved => Err(Problem::TokenAgain),
            "" if was_hidden => Ok(NewValue::Hidden(Credential::Keep)),
            typed => {
                let value = header::parse_value(typed)?;
                let hidden = self.hide || was_hidden;
                Ok(if hidden { NewValue::Hidden(Credential::Set(value.into())) } else { NewValue::Shown(value) })
            }
        }
    }
}

/// Keeps a header that was stored before its name was refused, as long as it is not changed: otherwise no other field
/// of such a webhook could be changed.
fn or_stored(parsed: Result<HeaderName, Problem>, typed: &str, old: Option<HeaderName>) -> Result<HeaderName, Problem> {
    let same = old.filter(|old| old.as_str().eq_ignore_ascii_case(text::trimmed(typed)) && old.is_refused_today());
    parsed.or_else(|problem| same.ok_or(problem))
}
