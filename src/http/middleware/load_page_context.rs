//! Loads the page context before the handler, and renders errors after it.

use std::rc::Rc;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::{HeaderValue, VARY};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage};

use super::{error_pages, keep_form};
use crate::http::State;
use crate::http::error::PageError;
use crate::http::request::page_context::{anonymous, read};

/// Loads the page context, keeps the form of an ended session, and renders errors in the reader's language.
pub async fn load(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let state = request.app_data::<Data<State>>().cloned().ok_or(PageError::Internal("no state".into()))?;
    let (context, cookies) = match read(&state, request.request()).await {
        Ok(read) => read,
        Err(error) => {
            let anonymous = anonymous(&state, request.request());
            return Ok(error_pages::render_error(request.into_response(error.without_body()), &anonymous, None));
        }
    };
    let kept = keep_form::keep(&state, &context, &mut request).await;
    let context = Rc::new(context);
    let response = match kept {
        Ok(None) => {
            request.extensions_mut().insert(Rc::clone(&context));
            next.call(request).await?.map_into_boxed_body()
        }
        Ok(Some(page)) => request.into_response(PageError::SignIn { page, form: true }.without_body()),
        Err(error) => request.into_response(error.without_body()),
    };
    let form = keep_form::give_back(&state, &context, &response).await;
    let mut response = error_pages::render_error(response, &context, form);
    response.headers_mut().append(VARY, HeaderValue::from_static("HX-Request, Accept-Language, Cookie"));
    for cookie in &cookies {
        response.response_mut().add_cookie(cookie)?;
    }
    Ok(response)
}

/// Renders the only error that is not a response yet: the session could not be loaded or stored.
pub async fn without_session(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let state = request.app_data::<Data<State>>().cloned().ok_or(PageError::Internal("no state".into()))?;
    let anonymous = anonymous(&state, request.request());
    next.call(request).await.map_err(|error| {
        tracing::error!(%error, "a session was not loaded or not stored");
        InternalError::from_response(error, error_pages::unavailable(&anonymous)).into()
    })
}
