//! Starts and cancels recoveries, which send deliveries again.

use crate::db::deliveries::recoveries::selection::Wanted;
use crate::db::deliveries::recoveries::start::{self, NotStarted};
use crate::db::deliveries::recoveries::{self, Recovery};
use crate::db::once::{self, Done, OnceKey};
use crate::db::{self, Db, DbConnection, Error, WriteError, webhooks};
use crate::domain::id::RecoveryId;

/// Why no recovery was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// There is no such webhook.
    NotFound,
    /// The webhook is off.
    WebhookOff,
    /// This one is running for the webhook.
    Running(RecoveryId),
    /// The time holds too many deliveries.
    TooWide,
}

impl From<NotStarted> for Refused {
    fn from(reason: NotStarted) -> Self {
        match reason {
            NotStarted::Running(id) => Self::Running(id),
            NotStarted::TooWide => Self::TooWide,
        }
    }
}

/// Starts a recovery; one that finds nothing has ended at once. The same form starts only one.
pub async fn start(db: &Db, wanted: Wanted, form: Option<&OnceKey>) -> Result<Recovery, WriteError<Refused>> {
    let (form, secret_box) = (form.cloned(), db.secret_box());
    let begin = move |conn: &mut DbConnection| {
        if let Some(id) = wanted.webhook {
            let webhook = webhooks::find(conn, id)?.ok_or(WriteError::Refused(Refused::NotFound))?;
            if !webhook.enabled {
                return Err(WriteError::Refused(Refused::WebhookOff));
            }
        }
        let now = db::now_on(conn)?;
        match start::start(conn, &wanted, now) {
            Ok(id) => Ok(Done::plain(id)),
            Err(WriteError::Refused(reason)) => Err(WriteError::Refused(reason.into())),
            Err(WriteError::Database(error)) => Err(error.into()),
        }
    };
    let start = move |conn: &mut DbConnection| {
        let done = once::run(conn, &secret_box, form.as_ref(), begin)?;
        Ok(recoveries::find(conn, done.made)?.ok_or(Error::CorruptValue("recovery"))?)
    };
    db.write_or_refuse(start).await
}

/// Cancels a recovery; deliveries that it has made already continue. False if it had ended, or does not exist.
pub async fn cancel(db: &Db, id: RecoveryId) -> Result<bool, Error> {
    let cancel = move |conn: &mut DbConnection| {
        let now = db::now_on(conn)?;
        recoveries::cancel(conn, id, now)
    };
    db.write(cancel).await
}
