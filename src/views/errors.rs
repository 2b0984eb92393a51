//! The error pages.

use std::borrow::Cow;

use askama::Template;

use super::filters;
use super::layout::{Layout, Notice, Place};
use crate::domain::accounts::user::Language;
use crate::i18n::Translator;

/// What went wrong; each has a title and an explanation of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// 400.
    BadRequest,
    /// 403: the role does not allow it.
    Forbidden,
    /// 401 for a request of htmx: no user is signed in.
    SignedOut {
        /// The address of the sign-in page.
        address: String,
        /// A form was sent. It is still on the page.
        form: bool,
    },
    /// 404.
    NotFound,
    /// 404: what a form changes was deleted in the meantime.
    Gone,
    /// 404: the set-up link has been used or has expired.
    DeadLink,
    /// 404: the invitation has been used or withdrawn, or is older than a week.
    DeadInvitation,
    /// 409: a webhook that is off gets no requests.
    WebhookOff,
    /// 413. After a request of htmx, what was typed is still on the page.
    TooLarge,
    /// 413 for a form that the browser sent: what was typed is lost.
    TooLargeForm {
        /// The address of the page with the form.
        page: String,
    },
    /// 403: the form token is no longer valid.
    PageTooOld,
    /// 403: the form was not sent from one of Hachok's pages.
    Elsewhere,
    /// 403: the form was sent from a page of another origin.
    WrongOrigin {
        /// The origin of the page that sent the form.
        given: String,
        /// The origin of the public URL.
        public: String,
    },
    /// 403: the browser did not send the cookie back, because the page was opened over http.
    PlainHttp {
        /// The origin of the public URL, which is https.
        public: String,
    },
    /// 403: the browser did not send the cookie back.
    NoCookie,
    /// 421: pages are not served under this host name.
    UnknownHost {
        /// The host name of the request.
        host: String,
        /// The origin of the public URL, if one is set.
        public: Option<String>,
    },
    /// 500.
    Server,
    /// 503: the database does not answer.
    Unavailable,
    /// 503 for a form: loading the page again sends it again.
    UnavailableForm,
}

/// A page for an error.
#[derive(Template)]
#[template(path = "error.html")]
pub struct ErrorPage<'a> {
    layout: Layout<'a>,
    t: Translator<'a>,
    title: String,
    about: String,
    /// The id of the request, by which the operator of the server finds it in the log.
    request_id: &'a str,
    /// Where the user can continue: address and text of the button.
    way: (Cow<'a, str>, String),
    /// A form with these fields sends to `layout.path` again what was refused.
    again: Option<Vec<(String, String)>>,
}

impl<'a> ErrorPage<'a> {
    pub fn new(layout: Layout<'a>, kind: &'a ErrorKind, request_id: &'a str) -> Self {
        let t = layout.t;
        let (title, about) = match kind {
            ErrorKind::BadRequest => (t.error_bad_request(), t.error_bad_request_about()),
            ErrorKind::Forbidden => (t.error_forbidden(), t.error_forbidden_about()),
            ErrorKind::SignedOut { form: true, .. } => (t.error_signed_out(), t.error_signed_out_about()),
            ErrorKind::SignedOut { form: false, .. } => (t.error_signed_out(), t.error_signed_out_page()),
            ErrorKind::NotFound => (t.error_not_found(), t.error_not_found_about()),
            ErrorKind::Gone => (t.error_gone(), t.error_gone_about()),
            ErrorKind::DeadLink => (t.error_dead_link(), t.error_dead_link_about()),
            ErrorKind::DeadInvitation => (t.error_dead_invitation(), t.error_dead_invitation_about()),
            ErrorKind::WebhookOff => (t.error_webhook_off(), t.error_webhook_off_about()),
            ErrorKind::TooLarge => (t.error_too_large(), t.error_too_large_about()),
            ErrorKind::TooLargeForm { .. } => (t.error_too_large(), t.error_too_large_lost()),
            ErrorKind::PageTooOld => (t.error_page_too_old(), t.error_page_too_old_about()),
            ErrorKind::Elsewhere => (t.error_elsewhere(), t.error_elsewhere_about()),
            ErrorKind::WrongOrigin { given, public } => {
                (t.error_elsewhere(), t.error_wrong_origin_about(given, public))
            }
            ErrorKind::PlainHttp { public } => (t.error_plain_http(), t.error_plain_http_about(public)),
            ErrorKind::NoCookie => (t.error_no_cookie(), t.error_no_cookie_about()),
            ErrorKind::UnknownHost { host, .. } => (t.error_unknown_host(), t.error_unknown_host_about(host)),
            ErrorKind::Server => (t.error_server(), t.error_server_about()),
            ErrorKind::Unavailable => (t.error_unavailable(), t.error_unavailable_about()),
            ErrorKind::UnavailableForm => (t.error_unavailable(), t.error_unavailable_form()),
        };
        let elsewhere = match kind {
            ErrorKind::WrongOrigin { public, .. } | ErrorKind::PlainHttp { public } => Some(public.as_str()),
            ErrorKind::UnknownHost { public, .. } => public.as_deref(),
            _ => None,
        };
        let way = match (kind, elsewhere) {
            (ErrorKind::SignedOut { address, .. }, _) => (Cow::from(address), t.sign_in()),
            (ErrorKind::TooLargeForm { page }, _) => (Cow::from(page), t.error_to_form()),
            (_, Some(address)) => (address.into(), t.error_open(address)),
            _ => ("/webhooks".into(), t.error_back()),
        };
        Self { t, layout: layout.at(Place::Elsewhere), title, about, request_id, way, again: None }
    }

    /// Offers to send a form again, whose token was not valid. The fields hold no secret.
    #[must_use]
    pub fn with_fields(self, fields: Vec<(String, String)>) -> Self {
        Self { about: self.t.error_page_too_old_kept(), again: Some(fields), ..self }
    }

    /// Leads back to the form at `page`, which is filled in again.
    #[must_use]
    pub fn with_form_at(self, page: String) -> Self {
        Self { way: (page.into(), self.t.error_to_form()), ..self }
    }
}
