//! Posted forms. Origin and user are checked before the body is read, the form token before a field is used.

use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;

use super::form::Form;
use super::form_limits::FormLimits;
use super::page_context::Anyone;
use super::{csrf, double_submit, return_page};
use crate::http::State;
use crate::http::error::PageError;

/// A form whose token may no longer be valid, for handlers that then show the form again with what was typed.
#[derive(Debug)]
pub struct FormWithTokenCheck {
    pub form: Form,
    /// The form token is valid. A form without a valid token must not change anything.
    pub fresh: bool,
}

/// The fields of a form that an error page can give back, in the extensions of its request.
pub struct TypedFields(pub Vec<(String, String)>);

impl FromRequest for Form {
    type Error = PageError;
    type Future = LocalBoxFuture<'static, Result<Self, PageError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, typed) = (request.clone(), FormWithTokenCheck::from_request(request, payload));
        async move {
            let typed = typed.await?;
            let state = request.app_data::<Data<State>>().ok_or_else(|| PageError::Internal("no state".into()))?;
            if typed.fresh { Ok(typed.form) } else { Err(csrf::stale(state, &request)) }
        }
        .boxed_local()
    }
}

impl FromRequest for FormWithTokenCheck {
    type Error = PageError;
    type Future = LocalBoxFuture<'static, Result<Self, PageError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        async move {
            let Anyone(context) = Anyone::extract(&request).await?;
            let state = request.app_data::<Data<State>>().ok_or_else(|| PageError::Internal("no state".into()))?;
            check_origin(state, &request)?;
            let limits = FormLimits::of(&request);
            // The body of a client that cannot have one of Hachok's forms is not read.
            match &context.user {
                Some(_) => {}
                None if limits.signed_in => return Err(context.to_sign_in()),
                None if !csrf::has_cookie(state, &request) => return Err(csrf::stale(state, &request)),
                None => {}
            }
            let fields = limits.read(&request, &mut payload).await?;
            let once = double_submit::key(state, &context, &fields);
            let form = Form { fields, once };
            let fresh = csrf::is_token(&context.csrf, form.get("_csrf"));
            let returns = !fresh || return_page::of_form(request.path()).is_some();
            if context.user.is_some() && !context.htmx && returns {
                request.extensions_mut().insert(TypedFields(form.fields.clone()));
            }
            Ok(Self { form, fresh })
        }
        .boxed_local()
    }
}

/// Checks the origin and reads the fields.
pub async fn fields(
    state: &State,
    request: &HttpRequest,
    payload: &mut Payload,
    limits: FormLimits,
) -> Result<Vec<(String, String)>, PageError> {
    check_origin(state, request)?;
    limits.read(request, payload).await
}

fn check_origin(state: &State, request: &HttpRequest) -> Result<(), PageError> {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    // Only the content type of forms: a page of another origin may post text/plain without a CORS preflight.
    let is_form = kind.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded");
    if is_form { csrf::check_origin(state, request) } else { Err(PageError::Elsewhere) }
}
