//! Keeps a form that was sent after its session had ended, and one whose request failed
//! ([`crate::http::request::kept_form`]).

use actix_session::SessionExt;
use actix_web::HttpMessage;
use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;

use super::error_pages;
use crate::clock;
use crate::db::accounts::kept_forms;
use crate::domain::id::UserId;
use crate::http::State;
use crate::http::error::PageError;
use crate::http::request::form::Form;
use crate::http::request::form_limits::FormLimits;
use crate::http::request::kept_form::{GivenBack, KeptForm, place};
use crate::http::request::page_context::PageContext;
use crate::http::request::posted_form::TypedFields;
use crate::http::request::session::{EndedSession, UserSession};
use crate::http::request::{csrf, posted_form, return_page};

/// Size of all names and values; a larger form is not kept.
const KEPT_FORM_BYTES_MAX: usize = 512 * 1024;

/// Keeps the form of a POST whose session expired within the last day. Returns the page to return to after sign-in;
/// `None`, without reading the body, if the request is anything else.
pub async fn keep(
    state: &State,
    context: &PageContext,
    request: &mut ServiceRequest,
) -> Result<Option<String>, PageError> {
    let action = request.path().to_owned();
    // After a request of htmx the form is still on the page.
    if context.user.is_some() || context.htmx || request.method() != Method::POST {
        return Ok(None);
    }
    let Some(EndedSession { key_hash, user: Some(user), csrf: Some(token) }) = &context.ended else { return Ok(None) };
    if return_page::of_form(&action).is_none() {
        return Ok(None);
    }
    let mut payload = request.take_payload();
    // The request is not routed yet, so that the limits of its route are not known.
    let limits = match action.rsplit('/').next() {
        Some("test" | "verify") => FormLimits::with_event(state.web.max_payload),
        _ => FormLimits::SIGNED_IN,
    };
    let mut fields = posted_form::fields(state, request.request(), &mut payload, limits).await?;
    let given = fields.iter().find(|(name, _)| name == "_csrf").map_or("", |(_, value)| value);
    if !csrf::is_token(token, given) {
        return Ok(None);
    }
    leave_out_secrets(&mut fields);
    let kept = KeptForm { action, page: context.page.clone(), fields: Form::of(fields) };
    Ok(store(state, kept, key_hash, *user).await?.then(|| context.page.clone()))
}

/// Gives back the form of a request that failed.
pub async fn give_back(state: &State, context: &PageContext, response: &ServiceResponse<BoxBody>) -> Option<GivenBack> {
    let user = context.user_id()?;
    let request = response.request();
    let error = error_pages::held_error(response)?;
    let TypedFields(mut fields) = request.extensions_mut().remove()?;
    fields.retain(|(name, _)| name != "_csrf" && name != "once");
    let typed = fields.len();
    leave_out_secrets(&mut fields);
    let (action, page) = match error {
        // Without a valid token, nothing is stored.
        PageError::StaleForm => {
            return (fields.len() == typed).then_some(GivenBack::Fields(fields));
        }
        // What the form changes is gone: what was typed can be stored as a new webhook.
        PageError::NotFound if context.page.starts_with("/webhooks/") && context.page.ends_with("/edit") => {
            ("/webhooks".to_owned(), "/webhooks/new".to_owned())
        }
        PageError::Internal(_) => (request.path().to_owned(), context.page.clone()),
        // Without the database nothing can be stored.
        _ => return None,
    };
    let key_hash = clock::random::<32>();
    let kept = KeptForm { action, page: page.clone(), fields: Form::of(fields) };
    if !store(state, kept, &key_hash, user).await.ok()? {
        return None;
    }
    UserSession(request.get_session()).keep_form(&key_hash);
    Some(GivenBack::At(page))
}

/// Stores a form under the hash of a session; `false` if it is too large.
async fn store(state: &State, kept: KeptForm, key_hash: &[u8], user: UserId) -> Result<bool, PageError> {
    let size: usize = kept.fields.pairs().map(|(name, value)| name.len() + value.len()).sum();
    if size > KEPT_FORM_BYTES_MAX {
        return Ok(false);
    }
    let text = serde_json::to_string(&kept).map_err(|error| PageError::Internal(error.to_string()))?;
    let sealed = state.db.secret_box().seal(&text, &place(user, key_hash), clock::random());
    let sealed = sealed.map_err(|error| PageError::Internal(error.to_string()))?;
    let (hash, now) = (key_hash.to_vec(), clock::now());
    state.db.write(move |conn| kept_forms::keep(conn, &hash, user, &sealed, now)).await?;
    Ok(true)
}

/// Removes passwords, tokens, signing secrets, credentials and hidden header values: the user types them again.
fn leave_out_secrets(fields: &mut Vec<(String, String)>) {
    let hidden: Vec<String> =
        fields.iter().filter_map(|(name, _)| name.strip_suffix("[hide]")).map(|row| format!("{row}[value]")).collect();
    fields.retain(|(name, _)| {
        let secret = ["password", "token", "secret", "custom_value"].iter().any(|part| name.contains(part));
        !secret && !hidden.contains(name) && name != "_csrf" && name != "once"
    });
}

#[cfg(test)]
mod tests {
    use super::leave_out_secrets;

    #[test]
    fn secrets_are_left_out_and_all_other_fields_are_kept() {
        let names = [
            "name",
            "url",
            "auth",
            "bearer_token",
            "basic_login",
            "basic_password",
            "custom_name",
            "custom_value",
            "events",
            "secret",
            "timeout_s",
            "version",
            "headers[0][name]",
            "headers[0][value]",
            "headers[1][name]",
            "headers[1][value]",
            "headers[1][hide]",
            "current_password",
            "password",
            "token",
            "_csrf",
            "once",
            "body",
        ];
        let mut fields = names.map(|name| (name.to_owned(), "typed".to_owned())).to_vec();
        leave_out_secrets(&mut fields);
        let left: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
        let kept = [
            "name",
            "url",
            "auth",
            "basic_login",
            "custom_name",
            "events",
            "timeout_s",
            "version",
            "headers[0][name]",
            "headers[0][value]",
            "headers[1][name]",
            "headers[1][hide]",
            "body",
        ];
        assert_eq!(left, kept);
    }
}
