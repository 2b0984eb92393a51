//! Replaces the signing secret of a webhook.

use std::time::Duration;

use super::NotFound;
use crate::clock;
use crate::db::form_answers::{Done, FormKey};
use crate::db::{self, Db, DbConnection, WriteError, webhooks};
use crate::domain::id::WebhookId;
use crate::domain::timestamp::Timestamp;
use crate::domain::webhooks::signing::SigningSecret;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// How long the old secret stays valid after a rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overlap {
    /// It ends at once.
    None,
    /// Requests carry signatures of both secrets for this time.
    For(Duration),
}

impl Overlap {
    /// The overlap if a client names none.
    pub const DEFAULT: Self = Self::For(DAY);

    /// `0`, `24h` or `7d`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "0" => Some(Self::None),
            "24h" => Some(Self::For(DAY)),
            "7d" => Some(Self::For(7 * DAY)),
            _ => None,
        }
    }

    /// When the old secret ends, if not at once.
    pub fn until(self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::None => None,
            Self::For(span) => Some(now.after(span)),
        }
    }
}

/// Replaces the signing secret of a webhook by a random one, which the result holds. The old one stays valid for
/// `overlap` from now on. The same form replaces it only once; its result holds the secret until that has been shown.
pub async fn rotate(
    db: &Db,
    webhook: WebhookId,
    overlap: Overlap,
    form: Option<&FormKey>,
) -> Result<Done<()>, WriteError<NotFound>> {
    let secret = SigningSecret::from_random(clock::random());
    let secret_box = db.secret_box();
    let rotate = move |conn: &mut DbConnection| {
        let until = overlap.until(db::now_on(conn)?);
        if webhooks::rotate(conn, &secret_box, webhook, &secret, until)? {
            Ok(Done { made: (), secret: Some(secret.reveal().to_owned()) })
        } else {
            Err(WriteError::Refused(NotFound))
        }
    };
    db.write_once(form.cloned(), rotate).await
}
