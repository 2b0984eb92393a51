//! Where webhooks are sent, decrypted once for each version.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::db::{Db, Error, webhooks};
use crate::domain::id::WebhookId;
use crate::domain::webhooks::Target;

/// A cache of targets.
#[derive(Default)]
pub(super) struct Targets(Mutex<HashMap<WebhookId, Arc<Target>>>);

impl Targets {
    /// The target of a webhook: from the cache if it has this version, else from the database. `None` once the webhook is
    /// deleted.
    pub(super) async fn get(&self, db: &Db, id: WebhookId, version: Option<i32>) -> Result<Option<Arc<Target>>, Error> {
        if let Some(target) = self.lock().get(&id).filter(|target| Some(target.version) == version) {
            return Ok(Some(Arc::clone(target)));
        }
        let secret_box = db.secret_box();
        let loaded = db.read(move |conn| webhooks::target::target(conn, &secret_box, id)).await?.map(Arc::new);
        match &loaded {
            Some(target) => drop(self.lock().insert(id, Arc::clone(target))),
            None => drop(self.lock().remove(&id)),
        }
        Ok(loaded)
    }

    /// The origin of a webhook's URL, if its target is in the cache.
    pub(super) fn origin(&self, id: WebhookId) -> Option<Arc<str>> {
        self.lock().get(&id).map(|target| target.url.origin().into())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<WebhookId, Arc<Target>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
