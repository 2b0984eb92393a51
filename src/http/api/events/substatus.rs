//! The custom attribute that holds the substatus, as ingest needs it.

use super::ingest_error::IngestError;
use crate::db::system::settings;
use crate::domain::events::catalogue::EventName;
use crate::domain::events::incoming::may_tell_of_changes;
use crate::http::State;

/// The name of the attribute. Read only for an event that may change attributes: other events save the query.
pub async fn of(state: &State, body: &[u8]) -> Result<String, IngestError> {
    if !may_tell_of_changes(body) {
        return Ok(String::new());
    }
    Ok(state.db.read(settings::substatus_attribute).await?)
}

/// The same for an event of a connected Chatwoot: the snapshot of a conversation begins with the attributes of a new one.
pub async fn of_chatwoot(state: &State, body: &[u8]) -> Result<String, IngestError> {
    let is_new = std::str::from_utf8(body).is_ok_and(|text| text.contains(EventName::ConversationCreated.as_str()));
    if is_new { Ok(state.db.read(settings::substatus_attribute).await?) } else { of(state, body).await }
}
