//! Replaces the signing secret of a webhook.

use std::time::Duration;

use crate::clock;
use crate::db::once::{Done, OnceKey};
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

/// A second rotation within this time would end the validity of the secret that receivers still use.
const ROTATION_PAUSE: Duration = Duration::from_secs(600);

/// What is asked for.
pub struct Rotation {
    /// How long the old secret stays valid.
    pub overlap: Overlap,
    /// The new secret; `None` for a random one.
    pub secret: Option<SigningSecret>,
    /// Also if the secret was replaced within ten minutes.
    pub force: bool,
}

/// Why no secret was replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// There is no such webhook.
    NotFound,
    /// The secret was replaced within ten minutes.
    Recent,
}

/// Replaces the signing secret of a webhook; the result holds the new one. The old one stays valid for the overlap from now
/// on. The same form or request replaces it only once; its result holds the secret until that has been shown.
pub async fn rotate(
    db: &Db,
    webhook: WebhookId,
    rotation: Rotation,
    once: Option<&OnceKey>,
) -> Result<Done<()>, WriteError<Refused>> {
    let secret_box = db.secret_box();
    let rotate = move |conn: &mut DbConnection| {
        let stored = webhooks::find_for_update(conn, webhook)?.ok_or(WriteError::Refused(Refused::NotFound))?;
        // After the wait for the row: another rotation may have stored its time meanwhile.
        let now = db::now_on(conn)?;
        // A time after now is of a clock that was set back.
        let is_recent = stored.secret_created_at > now.before(ROTATION_PAUSE) && stored.secret_created_at <= now;
        // The first secret is as old as its webhook.
        if is_recent && stored.secret_created_at != stored.created_at && !rotation.force {
            return Err(WriteError::Refused(Refused::Recent));
        }
        let secret = rotation.secret.unwrap_or_else(|| SigningSecret::from_random(clock::random()));
        webhooks::rotate(conn, &secret_box, webhook, &secret, rotation.overlap.until(now), now)?;
        Ok(Done { made: (), secret: Some(secret.reveal().to_owned()) })
    };
    db.write_once(once.cloned(), rotate).await
}
