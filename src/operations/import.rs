//! Takes over webhooks of other programs.

use std::sync::Arc;

use super::save_webhook::{NotSaved, SameUrl, SaveWebhook, Switch};
use crate::db::{Db, DbConnection, Error, WriteError};
use crate::domain::events::catalogue::EventName;
use crate::domain::problem::{Problem, Problems};
use crate::domain::webhooks::address::AddressPolicy;
use crate::domain::webhooks::import::Foreign;
use crate::domain::webhooks::options::TIMEOUTS_S;
use crate::domain::webhooks::signing::SigningSecret;
use crate::forms::header_row::HeaderRow;
use crate::forms::webhook::WebhookForm;

/// Whether an import stores anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Run {
    /// It stores what it can.
    Real,
    /// It checks everything as a real one does, and stores nothing.
    Dry,
}

/// What became of a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was added, or would be in a real run.
    Added,
    /// A webhook with its URL exists: nothing was changed.
    Exists,
    /// None of its events is in the catalogue.
    NoEvents,
    /// The form of a webhook does not accept it.
    Refused(Problems),
}

/// A webhook of another program, and what became of it.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The webhook, with all that has no counterpart.
    pub foreign: Foreign,
    /// What became of it.
    pub outcome: Outcome,
}

/// Adds webhooks in one transaction, each checked as the form checks it. One whose URL a webhook has is left out, so a
/// second run adds nothing.
pub async fn import(db: &Db, policy: &Arc<AddressPolicy>, all: Vec<Foreign>, run: Run) -> Result<Vec<Imported>, Error> {
    let save = SaveWebhook::new(db, policy, SameUrl::Refused);
    let job = move |conn: &mut DbConnection| {
        let mut done = Vec::with_capacity(all.len());
        for mut foreign in all {
            let outcome = one(conn, &save, &mut foreign)?;
            done.push(Imported { foreign, outcome });
        }
        // A refusal rolls the transaction back.
        if run == Run::Dry { Err(WriteError::Refused(done)) } else { Ok(done) }
    };
    match db.write_or_refuse(job).await {
        Ok(done) | Err(WriteError::Refused(done)) => Ok(done),
        Err(WriteError::Database(error)) => Err(error),
    }
}

fn one(conn: &mut DbConnection, save: &SaveWebhook, foreign: &mut Foreign) -> Result<Outcome, Error> {
    if foreign.events.is_empty() {
        return Ok(Outcome::NoEvents);
    }
    let form = form(foreign);
    match save.create(conn, foreign.is_off.then_some(Switch::Off), &form) {
        Ok(_) => Ok(Outcome::Added),
        Err(WriteError::Database(error)) => Err(error),
        Err(WriteError::Refused(NotSaved::Invalid(problems))) => {
            let exists = problems.iter().any(|(_, problem)| matches!(problem, Problem::UrlTaken { .. }));
            Ok(if exists { Outcome::Exists } else { Outcome::Refused(problems) })
        }
        // A new webhook is neither missing nor changed by another person.
        Err(WriteError::Refused(NotSaved::NotFound | NotSaved::Changed(_))) => Ok(Outcome::Exists),
    }
}

/// The form of a webhook, filled in. What does not fit is added to what has no counterpart.
fn form(foreign: &mut Foreign) -> WebhookForm {
    let events = foreign.events.iter().map(|event| EventName::as_str(*event).to_owned()).collect();
    let mut form = WebhookForm { name: foreign.name.clone(), url: foreign.url.clone(), ..WebhookForm::blank(events) };
    if let Some((login, password)) = &foreign.login {
        form.auth = "basic".into();
        (form.basic_login, form.basic_password) = (login.clone(), password.clone());
    } else if let Some((name, value)) = authorization(foreign) {
        match value.strip_prefix("Bearer ").filter(|_| name.eq_ignore_ascii_case("authorization")) {
            Some(token) => (form.auth, form.bearer_token) = ("bearer".into(), token.to_owned()),
            None => {
                form.auth = "custom".into();
                (form.custom_name, form.custom_value) = (name, value);
            }
        }
    }
    form.headers = foreign
        .headers
        .iter()
        .map(|(name, value)| HeaderRow { name: name.clone(), value: value.clone(), hide: true, remove: false })
        .collect();
    if let Some(secret) = foreign.secret.take() {
        match SigningSecret::parse(&secret) {
            Ok(_) => form.secret = secret,
            Err(_) => foreign.without_counterpart.push("signing secret, which is not 24 to 64 bytes".into()),
        }
    }
    match foreign.timeout_s {
        Some(seconds) if u8::try_from(seconds).is_ok_and(|seconds| TIMEOUTS_S.contains(&seconds)) => {
            form.timeout_s = seconds.to_string();
        }
        Some(seconds) => foreign.without_counterpart.push(format!("timeout of {seconds} s")),
        None => {}
    }
    form
}

/// The header that authorizes the webhook: its own, or `Authorization` among the further ones.
fn authorization(foreign: &mut Foreign) -> Option<(String, String)> {
    let own = foreign.authorization.take();
    own.or_else(|| {
        let place = foreign.headers.iter().position(|(name, _)| name.eq_ignore_ascii_case("authorization"))?;
        Some(foreign.headers.remove(place))
    })
}
