//! Keeps a form that was sent after its session had ended ([`crate::http::request::kept_form`]).

use actix_web::HttpMessage;
use actix_web::dev::ServiceRequest;
use actix_web::http::Method;

use crate::clock;
use crate::db::accounts::kept_forms;
use crate::http::State;
use crate::http::error::PageError;
use crate::http::request::form::Form;
use crate::http::request::form_limits::FormLimits;
use crate::http::request::kept_form::{KeptForm, place};
use crate::http::request::page_context::PageContext;
use crate::http::request::session::EndedSession;
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
    if context.user.is_some() || request.method() != Method::POST {
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
    let size: usize = fields.iter().map(|(name, value)| name.len() + value.len()).sum();
    if size > KEPT_FORM_BYTES_MAX {
        return Ok(None);
    }
    let kept = KeptForm { action, page: context.page.clone(), fields: Form::of(fields) };
    let text = serde_json::to_string(&kept).map_err(|error| PageError::Internal(error.to_string()))?;
    let sealed = state.db.secret_box().seal(&text, &place(*user, key_hash), clock::random());
    let sealed = sealed.map_err(|error| PageError::Internal(error.to_string()))?;
    let (hash, user, now) = (key_hash.clone(), *user, context.now);
    state.db.write(move |conn| kept_forms::keep(conn, &hash, user, &sealed, now)).await?;
    Ok(Some(kept.page))
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
