//! Posted forms: repeated keys kept, the form token checked before anything else is read.

use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;

use super::error::PageError;
use super::form_limits::FormLimits;
use super::reader::Anyone;
use super::{State, csrf};
use crate::domain::token;

/// The fields of a posted form, in their order.
#[derive(Debug, Default)]
pub struct Form(Vec<(String, String)>);

impl Form {
    /// The field of that name, or nothing.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().rev().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// Tells this form, as it was sent, from all others.
    pub fn fingerprint(&self) -> Vec<u8> {
        token::hash(&url::form_urlencoded::Serializer::new(String::new()).extend_pairs(self.pairs()).finish())
    }

    /// All fields.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

/// A form that may have been open for too long, for pages that show once more what was typed.
#[derive(Debug)]
pub struct Typed {
    /// The fields.
    pub form: Form,
    /// Its token is good. Nothing may be done with a form whose token is not.
    pub fresh: bool,
}

impl FromRequest for Form {
    type Error = PageError;
    type Future = LocalBoxFuture<'static, Result<Self, PageError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let typed = Typed::from_request(request, payload);
        async move {
            let typed = typed.await?;
            if typed.fresh { Ok(typed.form) } else { Err(PageError::StaleForm) }
        }
        .boxed_local()
    }
}

impl FromRequest for Typed {
    type Error = PageError;
    type Future = LocalBoxFuture<'static, Result<Self, PageError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        async move {
            let Anyone(reader) = Anyone::extract(&request).await?;
            let state = request.app_data::<Data<State>>().ok_or_else(|| PageError::Internal("no state".into()))?;
            let kind = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
            // Only a form's own type: another page can post text/plain without asking us first.
            if !kind.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded")
                || !csrf::is_from_here(state, &request)
            {
                return Err(PageError::Elsewhere);
            }
            let limits = FormLimits::of(&request);
            // Nobody's body is read who cannot have a form of ours.
            match &reader.user {
                Some(_) => {}
                None if limits.signed_in => return Err(PageError::SignIn),
                None if !csrf::has_cookie(&request) => return Err(PageError::StaleForm),
                None => {}
            }
            let form = Form(limits.read(&request, &mut payload).await?);
            let fresh = csrf::is_token(&reader.csrf, form.get("_csrf"));
            Ok(Self { form, fresh })
        }
        .boxed_local()
    }
}
