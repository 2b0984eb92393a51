//! Limits of posted forms. The route table gives each form its limits.

use actix_web::dev::Payload;
use actix_web::{HttpRequest, web};
use url::form_urlencoded;

use super::body::{self, Unread};
use crate::http::error::PageError;

/// The limits of a form, and who may send it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormLimits {
    /// Size of the whole body, encoded.
    pub bytes: usize,
    /// Fields, counted before anything is allocated for them.
    pub fields: usize,
    /// Only signed-in users may send it.
    pub signed_in: bool,
}

const KIB: usize = 1024;

impl FormLimits {
    /// Forms that may be sent without a session: sign-in, set-up, invitation, sign-out.
    pub const ANONYMOUS: Self = Self { bytes: 16 * KIB, fields: 50, signed_in: false };

    /// Every other form. The largest is a webhook with 1,000 inboxes and 20 headers of 128 + 4,096 bytes.
    pub const SIGNED_IN: Self = Self { bytes: 512 * KIB, fields: 5000, signed_in: true };

    /// Forms with the body of an event, in which every byte may be encoded as three.
    pub const fn with_event(max_payload: u32) -> Self {
        Self { bytes: 3 * max_payload as usize + 16 * KIB, fields: 50, signed_in: true }
    }

    /// The limits of the route that `request` was routed to.
    pub fn of(request: &HttpRequest) -> Self {
        request.app_data::<Self>().copied().unwrap_or(Self::SIGNED_IN)
    }

    /// The limits by path, for a request that is not routed yet; used only for the declared length.
    pub fn of_path(path: &str, max_payload: u32) -> Self {
        let with_event = path.ends_with("/test") || path.ends_with("/verify");
        match path {
            "/setup" | "/sign-in" | "/sign-out" => Self::ANONYMOUS,
            _ if path.starts_with("/invite/") => Self::ANONYMOUS,
            _ if path.starts_with("/webhooks/") && with_event => Self::with_event(max_payload),
            _ => Self::SIGNED_IN,
        }
    }

    /// Reads the fields of a form within these limits.
    pub async fn read(self, request: &HttpRequest, payload: &mut Payload) -> Result<Vec<(String, String)>, PageError> {
        let body = body::read(request, payload, self.bytes).await.map_err(|unread| match unread {
            Unread::TooLarge => PageError::TooLarge,
            Unread::Broken => PageError::BadRequest,
        })?;
        self.parse(&body)
    }

    fn parse(self, body: &web::Bytes) -> Result<Vec<(String, String)>, PageError> {
        let fields = body.split(|byte| *byte == b'&').filter(|field| !field.is_empty());
        if fields.take(self.fields + 1).count() > self.fields {
            return Err(PageError::TooLarge);
        }
        Ok(form_urlencoded::parse(body).into_owned().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(body: &str) -> Option<usize> {
        FormLimits::ANONYMOUS.parse(&web::Bytes::copy_from_slice(body.as_bytes())).ok().map(|fields| fields.len())
    }

    #[test]
    fn fields_are_counted_as_they_are_parsed() {
        assert_eq!(fields(""), Some(0));
        assert_eq!(fields(&"&".repeat(16 * KIB)), Some(0), "empty text between separators is not a field");
        assert_eq!(fields("a&b=&=c&=&a=1&a=2"), Some(6));
        assert_eq!(fields(&"&a".repeat(50)), Some(50));
        assert_eq!(fields(&"&a".repeat(51)), None);
        assert_eq!(fields(&"=&".repeat(8000)), None);
        assert_eq!(fields(&format!("text={}", "%26".repeat(5000))), Some(1), "an encoded separator does not separate");
    }

    proptest::proptest! {
        #[test]
        fn no_form_has_more_fields_than_were_counted(body in "[a&=%26;+\u{e9}]{0,300}") {
            let parsed = FormLimits::ANONYMOUS.parse(&web::Bytes::copy_from_slice(body.as_bytes()));
            let count = form_urlencoded::parse(body.as_bytes()).count();
            proptest::prop_assert_eq!(parsed.map(|fields| fields.len()).ok(), Some(count).filter(|count| *count <= 50));
        }
    }
}
