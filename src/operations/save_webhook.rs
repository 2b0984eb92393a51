//! Creates and changes webhooks.

use std::sync::Arc;

use crate::clock;
use crate::db::webhooks::mass_changes;
use crate::db::{self, Db, DbConnection, Error, WriteError, inboxes, webhooks};
use crate::domain::id::WebhookId;
use crate::domain::inboxes::Inbox;
use crate::domain::problem::{Field, Problem, Problems};
use crate::domain::secret_box::SecretBox;
use crate::domain::webhooks::address::AddressPolicy;
use crate::domain::webhooks::signing::SigningSecret;
use crate::domain::webhooks::{Held, Webhook};
use crate::forms::Context;
use crate::forms::webhook::WebhookForm;

/// Whether two webhooks may have the same URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameUrl {
    /// Yes; [`Saved::same_url`] names the other one.
    Allowed,
    /// No: a problem of the URL.
    Refused,
}

/// Checks and stores a webhook in the caller's transaction, so that the checked state cannot change before the webhook is
/// stored.
pub struct SaveWebhook {
    policy: Arc<AddressPolicy>,
    secret_box: Arc<SecretBox>,
    same_url: SameUrl,
}

/// Turns a webhook on or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// What it held while it was off is sent or discarded first.
    On(Held),
    /// Its deliveries are held.
    Off,
}

/// A webhook that was stored.
pub struct Saved {
    /// Unique in this installation.
    pub id: WebhookId,
    /// All inboxes, archived ones included.
    pub inboxes: Vec<Inbox>,
    /// The title of another webhook with the same URL.
    pub same_url: Option<String>,
    /// The signing secret of a new webhook.
    pub secret: Option<SigningSecret>,
    /// It was off before: its held deliveries are to be sent.
    pub turned_on: bool,
}

/// Why a webhook was not stored.
#[derive(Debug)]
pub enum NotSaved {
    /// There is no such webhook.
    NotFound,
    /// The form has problems.
    Invalid(Problems),
    /// The stored webhook has another version than the form: it was changed in the meantime.
    Changed(Box<Webhook>),
}

/// Turns a webhook on or off and changes nothing else, also one whose settings would be refused today: its URL may be
/// forbidden, or shared. `check` sees the stored webhook first.
pub fn switch<R: From<NotSaved>>(
    conn: &mut DbConnection,
    id: WebhookId,
    switch: Switch,
    check: impl FnOnce(&Webhook) -> Result<(), R>,
) -> Result<Saved, WriteError<R>> {
    let stored = webhooks::find_for_update(conn, id)?.ok_or_else(|| WriteError::Refused(NotSaved::NotFound.into()))?;
    check(&stored).map_err(WriteError::Refused)?;
    let turned_on = turn(conn, id, !stored.enabled, switch)?;
    Ok(Saved { id, inboxes: inboxes::list(conn)?, same_url: None, secret: None, turned_on })
}

/// Whether it was off and is now on, or about to be.
fn turn(conn: &mut DbConnection, id: WebhookId, was_off: bool, switch: Switch) -> Result<bool, Error> {
    let now = db::now_on(conn)?;
    if was_off && switch == Switch::On(Held::Discard) {
        mass_changes::settle(conn, id, Held::Discard, now)?;
    } else {
        webhooks::set_enabled(conn, id, switch != Switch::Off, now)?;
    }
    Ok(was_off && switch != Switch::Off)
}

impl SaveWebhook {
    /// `policy` holds the rules for target addresses.
    pub fn new(db: &Db, policy: &Arc<AddressPolicy>, same_url: SameUrl) -> Self {
        Self { policy: Arc::clone(policy), secret_box: db.secret_box(), same_url }
    }

    /// Creates a webhook. It is on unless `switch` says otherwise.
    pub fn create(
        &self,
        conn: &mut DbConnection,
        switch: Option<Switch>,
        form: &WebhookForm,
    ) -> Result<Saved, WriteError<NotSaved>> {
        self.save(conn, None, switch, form)
    }

    /// Changes a webhook, and turns it on or off if `switch` is given. `form` makes the form from the stored webhook,
    /// which is read inside the transaction: with an older state, a kept secret could be sent to a URL that it was not
    /// entered for.
    pub fn update<R: From<NotSaved>>(
        &self,
        conn: &mut DbConnection,
        id: WebhookId,
        switch: Option<Switch>,
        form: impl FnOnce(&Webhook) -> Result<WebhookForm, R>,
    ) -> Result<Saved, WriteError<R>> {
        let stored =
            webhooks::find_for_update(conn, id)?.ok_or_else(|| WriteError::Refused(NotSaved::NotFound.into()))?;
        let form = form(&stored).map_err(WriteError::Refused)?;
        self.save(conn, Some(stored), switch, &form).map_err(WriteError::into_refusal)
    }

    fn save(
        &self,
        conn: &mut DbConnection,
        stored: Option<Webhook>,
        switch: Option<Switch>,
        form: &WebhookForm,
    ) -> Result<Saved, WriteError<NotSaved>> {
        let inboxes = inboxes::list(conn)?;
        let context = Context { stored: stored.as_ref(), inboxes: &inboxes, policy: &self.policy };
        let new = form.check(&context).map_err(|problems| {
            let header_names = form.headers.iter().map(|row| row.name.clone()).collect();
            WriteError::Refused(NotSaved::Invalid(problems.with_header_names(header_names)))
        })?;
        let id = stored.as_ref().map(|stored| stored.id);
        let was_off = stored.as_ref().is_some_and(|stored| !stored.enabled);
        if let Some(stored) = stored.filter(|stored| form.version != Some(stored.version)) {
            return Err(WriteError::Refused(NotSaved::Changed(Box::new(stored))));
        }
        let mut same_url = webhooks::with_url(conn, &new.url, id)?;
        if self.same_url == SameUrl::Refused
            && let Some(name) = same_url.take()
        {
            let taken = Problems::one(Field::Url, Problem::UrlTaken { name });
            return Err(WriteError::Refused(NotSaved::Invalid(taken)));
        }
        let (id, secret) = match id {
            Some(id) => {
                webhooks::update(conn, &self.secret_box, id, &new)?;
                (id, None)
            }
            None => {
                let secret = new.secret.clone().unwrap_or_else(|| SigningSecret::from_random(clock::random()));
                (webhooks::insert(conn, &self.secret_box, &new, &secret)?, Some(secret))
            }
        };
        let turned_on = match switch {
            Some(switch) => turn(conn, id, was_off, switch)?,
            None => false,
        };
        Ok(Saved { id, inboxes, same_url, secret, turned_on })
    }
}
