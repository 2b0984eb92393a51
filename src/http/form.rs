//! Posted forms: repeated keys kept, the form token checked before anything else is read.

use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{BytesMut, Data};
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::LocalBoxFuture;
use futures_util::{FutureExt, StreamExt};

use super::error::PageError;
use super::reader::Anyone;
use super::{State, csrf};

/// A test event's body is the largest field.
const LARGEST: usize = 4 * 1024 * 1024;
/// How long a body may take.
const BODY_TIME: Duration = Duration::from_secs(10);

/// The fields of a posted form, in their order.
#[derive(Debug, Default)]
pub struct Form(Vec<(String, String)>);

impl Form {
    /// The field of that name, or nothing.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().rev().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// All fields.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

impl FromRequest for Form {
    type Error = PageError;
    type Future = LocalBoxFuture<'static, Result<Self, PageError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        async move {
            let Anyone(reader) = Anyone::extract(&request).await?;
            let state = request.app_data::<Data<State>>().ok_or_else(|| PageError::Internal("no state".into()))?;
            let kind = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
            // Only a form's own type: another page can post text/plain without asking us first.
            if !kind.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded") {
                return Err(PageError::StaleForm);
            }
            let read = tokio::time::timeout(BODY_TIME, read(&mut payload, LARGEST)).await;
            let body = read.map_err(|_| PageError::BadRequest)??;
            let pairs = url::form_urlencoded::parse(&body).into_owned().collect();
            let form = Self(pairs);
            if csrf::is_ours(state, &request, (&reader.csrf, form.get("_csrf"))) {
                Ok(form)
            } else {
                Err(PageError::StaleForm)
            }
        }
        .boxed_local()
    }
}

async fn read(payload: &mut Payload, largest: usize) -> Result<BytesMut, PageError> {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| PageError::BadRequest)?;
        if body.len() + chunk.len() > largest {
            return Err(PageError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
