//! Sealing of a webhook's secrets: each is bound to its place.

use crate::clock;
use crate::db::Error;
use crate::domain::id::WebhookId;
use crate::domain::secret_box::SecretBox;

pub(super) fn seal(secret_box: &SecretBox, secret: &str, place: &str) -> Result<String, Error> {
    Ok(secret_box.seal(secret, place, clock::random())?.0)
}

pub(super) fn place(column: &str, id: WebhookId) -> String {
    format!("webhooks.{column}:{id}")
}

/// With the name in lower case, as older versions stored all names: a kept value still opens after the case of its name
/// was changed.
pub(super) fn header_place(id: WebhookId, name: &str) -> String {
    format!("webhook_headers.value:{id}:{}", name.to_ascii_lowercase())
}
