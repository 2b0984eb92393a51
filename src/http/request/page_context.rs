//! The context of a page: user, language, time zone, form token, notice. Loaded once for each request.

use std::net::{IpAddr, Ipv4Addr};
use std::rc::Rc;

use actix_session::SessionExt;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::Payload;
use actix_web::http::header::{ACCEPT_LANGUAGE, USER_AGENT};
use actix_web::http::uri::PathAndQuery;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use futures_util::future::{Ready, ready};

use super::cookie_names::cookie_value;
use super::cookie_names::{OLD_LANGUAGE, OLD_THEME};
use super::form::Form;
use super::kept_form::{self, KeptForm};
use super::request_id::{self, RequestId};
use super::session::{Device, EndedSession, UserSession};
use super::{csrf, return_page};
use crate::clock;
use crate::db::accounts::{kept_forms, users};
use crate::db::chatwoot::missing;
use crate::db::system::settings;
use crate::domain::accounts::browser;
use crate::domain::accounts::user::{Language, Role, Theme, User};
use crate::domain::client_address;
use crate::domain::hex::hex;
use crate::domain::id::UserId;
use crate::domain::timestamp::Timestamp;
use crate::http::State;
use crate::http::error::PageError;
use crate::http::middleware::{request_line, request_log};
use crate::i18n::{Translator, negotiate};
use crate::views::{Layout, Notice, NoticeKind, Place};

/// The context of a page.
pub struct PageContext {
    pub(in crate::http) locale: Language,
    pub(in crate::http) user: Option<User>,
    theme: Option<Theme>,
    /// The form token of the session, or of the browser before sign-in.
    pub(in crate::http) csrf: String,
    /// The form token, masked for this page.
    shown_csrf: String,
    /// The once-token of the forms on this page ([`super::double_submit`]).
    once: String,
    /// htmx wants a fragment; `false` when it restores a page of the browser's history.
    pub(in crate::http) htmx: bool,
    /// Path and query of the request, as pages repeat them.
    pub(in crate::http) path: String,
    /// The method is not safe: a form was sent.
    pub(in crate::http) sends: bool,
    /// The page to return to after sign-in.
    pub(in crate::http) page: String,
    /// The session of the request's cookie, if it has ended.
    pub(in crate::http) ended: Option<EndedSession>,
    /// The form that was kept when the session had ended; until any form is sent.
    kept: Option<KeptForm>,
    pub(in crate::http) now: Timestamp,
    /// The address of the client, seen through trusted proxies.
    pub(in crate::http) address: IpAddr,
    /// Browser and system of the client.
    browser: String,
    /// The request is HEAD: a value that is shown once stays.
    pub(in crate::http) head: bool,
    /// The id of the request, for error pages.
    pub(in crate::http) request_id: RequestId,
    failed_attempts_24h: u64,
    missing_events: u64,
    notice: Option<Notice>,
}

impl PageContext {
    /// Texts, dates and numbers in the language and time zone of the reader.
    pub(in crate::http) fn t(&self) -> Translator<'_> {
        Translator::new(self.locale, self.now).in_zone(self.zone())
    }

    /// The time zone of the user; UTC before sign-in.
    pub(in crate::http) fn zone(&self) -> &str {
        self.user.as_ref().map_or("UTC", |user| &user.time_zone)
    }

    /// What every page gets besides its own values.
    pub(in crate::http) fn layout(&self) -> Layout<'_> {
        let mut layout = Layout::new(self.t(), &self.path, &self.shown_csrf);
        layout.once = &self.once;
        layout.user = self.user.as_ref();
        layout.theme = self.theme;
        layout.place = Place::Elsewhere;
        layout.failed_attempts_24h = self.failed_attempts_24h;
        layout.missing_events = self.missing_events;
        layout.notice.clone_from(&self.notice);
        if self.kept.as_ref().is_some_and(|kept| kept.is_of(&self.path)) {
            layout.notice = Some(Notice::Warning(self.t().form_filled_in()));
        }
        layout
    }

    /// The id of the signed-in user.
    pub(in crate::http) fn user_id(&self) -> Option<UserId> {
        self.user.as_ref().map(|user| user.id)
    }

    /// Where the request comes from, for a session that begins with it.
    pub(in crate::http) fn device(&self) -> Device {
        Device { browser: self.browser.clone(), address: self.address.to_string() }
    }

    /// The kept form, if it belongs to this page and is sent to `action`.
    pub(in crate::http) fn typed_before(&self, action: &str) -> Option<&Form> {
        self.kept.as_ref().and_then(|kept| kept.form(action, &self.path))
    }

    /// Redirects to the sign-in page, which leads back to this page.
    pub(in crate::http) fn to_sign_in(&self) -> PageError {
        PageError::SignIn { page: self.page.clone(), form: self.sends }
    }

    pub(in crate::http) fn is_admin(&self) -> bool {
        self.user.as_ref().is_some_and(|user| user.role == Role::Admin)
    }
}

/// The context for a page that is rendered without session and database.
pub(in crate::http) fn anonymous(state: &State, request: &HttpRequest) -> PageContext {
    PageContext {
        locale: language(state, request, None, &mut Vec::new()).unwrap_or(Language::En),
        user: None,
        theme: theme(state, request, None),
        csrf: String::new(),
        shown_csrf: String::new(),
        once: String::new(),
        htmx: request.headers().contains_key("hx-request"),
        path: path(request),
        sends: !request.method().is_safe(),
        page: return_page::of(state, request),
        ended: None,
        kept: None,
        now: state.engine.now(),
        address: client(state, request),
        browser: browser(request),
        head: request_line::is_head(request),
        request_id: request_id::of(request),
        failed_attempts_24h: 0,
        missing_events: 0,
        notice: None,
    }
}

pub(in crate::http) async fn read(
    state: &State,
    request: &HttpRequest,
) -> Result<(PageContext, Vec<Cookie<'static>>), PageError> {
    let session = UserSession(request.get_session());
    let now = state.engine.now();
    let id = session.user();
    let found = match id {
        None => (None, 0, 0),
        Some(id) => {
            let load = move |conn: &mut crate::db::DbConnection| {
                let failed = crate::db::deliveries::statistics::failed_attempts_lately(conn, now)?;
                Ok((users::active(conn, id)?, failed, missing::count_all(conn)?))
            };
            state.db.read(load).await.map_err(|error| {
                error.log("the user of a page was not loaded");
                PageError::from(error)
            })?
        }
    };
    let (user, failed_attempts_24h, missing_events) = found;
    if let Some(user) = &user {
        request_log::record_user(user.id);
    }
    let mut cookies = Vec::new();
    let csrf = match (&user, session.csrf()) {
        (Some(_), Some(token)) => token,
        _ => csrf::before_sign_in(state, request, &mut cookies),
    };
    let locale = match language(state, request, user.as_ref(), &mut cookies) {
        Some(language) => language,
        // Without a database, the page that says so is in English.
        None => state.db.read(settings::load).await.map_or(Language::En, |settings| settings.language),
    };
    let headers = request.headers();
    let has = |name: &str| headers.contains_key(name);
    let head = request_line::is_head(request);
    let notice = match request.method().is_safe() && !has("hx-request") {
        // To remove it is a write, without which there would be no page.
        true if head || state.db.is_write_failing() => session.notice(),
        true => session.take_notice(),
        false => None,
    };
    let context = PageContext {
        locale,
        theme: theme(state, request, user.as_ref()),
        shown_csrf: csrf::masked(&csrf),
        once: hex(&clock::random::<16>()),
        csrf,
        htmx: has("hx-request") && !has("hx-history-restore-request"),
        path: path(request),
        sends: !request.method().is_safe(),
        page: return_page::of(state, request),
        ended: session.ended(),
        kept: kept_form(state, request, &session, user.as_ref()).await?,
        now,
        address: client(state, request),
        browser: browser(request),
        head,
        request_id: request_id::of(request),
        failed_attempts_24h: u64::try_from(failed_attempts_24h).unwrap_or(0),
        missing_events: u64::try_from(missing_events).unwrap_or(0),
        notice: notice.map(|text| NoticeKind::parse(&text).map_or(Notice::Warning(text), Notice::Done)),
        user,
    };
    Ok((context, cookies))
}

/// The kept form of the session. Sending any form deletes it: the user has seen it.
async fn kept_form(
    state: &State,
    request: &HttpRequest,
    session: &UserSession,
    user: Option<&User>,
) -> Result<Option<KeptForm>, PageError> {
    let (Some(user), Some(session_hash)) = (user, session.kept_form()) else { return Ok(None) };
    if request.method().is_safe() {
        let kept = kept_form::load(state, user.id, session_hash).await?;
        if kept.is_none() {
            session.forget_form();
        }
        return Ok(kept);
    }
    state.db.write(move |conn| kept_forms::remove(conn, &session_hash)).await?;
    session.forget_form();
    Ok(None)
}

/// The language, in this order: `?lang=` (and a cookie remembers it), the user's setting, the cookie,
/// `Accept-Language`. `None` if none of them is set: then the language of the installation applies.
fn language(
    state: &State,
    request: &HttpRequest,
    user: Option<&User>,
    cookies: &mut Vec<Cookie<'static>>,
) -> Option<Language> {
    let asked = request.query_string().split('&').filter_map(|pair| pair.strip_prefix("lang=")).next_back();
    if let Some(language) = asked.and_then(Language::parse) {
        cookies.push(remembered(state, &state.cookies.language, language.as_str()));
        return Some(language);
    }
    let accepted = || negotiate(request.headers().get(ACCEPT_LANGUAGE)?.to_str().ok()?);
    user.and_then(|user| user.language)
        .or_else(|| Language::parse(&cookie_value(request, &state.cookies.language, OLD_LANGUAGE)?))
        .or_else(accepted)
}

/// The user's setting; before sign-in what this browser showed last.
fn theme(state: &State, request: &HttpRequest, user: Option<&User>) -> Option<Theme> {
    match user {
        Some(user) => user.theme,
        None => Theme::parse(&cookie_value(request, &state.cookies.theme, OLD_THEME)?),
    }
}

/// The cookie that keeps the user's theme for pages before sign-in; an empty value follows the system.
pub fn theme_cookie(state: &State, theme: Option<Theme>) -> Cookie<'static> {
    remembered(state, &state.cookies.theme, theme.map_or("", Theme::as_str))
}

/// A cookie that lasts a year.
fn remembered(state: &State, name: &str, value: &'static str) -> Cookie<'static> {
    let cookie = Cookie::build(name.to_owned(), value).path("/").same_site(SameSite::Lax).secure(state.is_secure());
    cookie.http_only(true).max_age(actix_web::cookie::time::Duration::days(365)).finish()
}

/// The longest path and query that a page repeats; it does so several times, in links to itself.
const REPEATED_PATH_MAX_BYTES: usize = 2048;

/// Path and query of the page, for links to itself; only the path, or the start page, if that would be too long.
fn path(request: &HttpRequest) -> String {
    let path_and_query = request.uri().path_and_query().map_or("/", PathAndQuery::as_str);
    let texts = [path_and_query, request.uri().path(), "/"];
    texts.into_iter().find(|text| text.len() <= REPEATED_PATH_MAX_BYTES).unwrap_or("/").to_owned()
}

fn browser(request: &HttpRequest) -> String {
    let user_agent = request.headers().get(USER_AGENT).and_then(|text| text.to_str().ok());
    browser::name(user_agent.unwrap_or_default())
}

/// The address under which requests of the client are counted.
pub(in crate::http) fn client(state: &State, request: &HttpRequest) -> IpAddr {
    let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
    // Bytes that are not UTF-8 make an unreadable hop. Leaving it out would make an entry that the client wrote look
    // like one of a proxy.
    let lines: Vec<_> =
        request.headers().get_all("x-forwarded-for").map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
    client_address::client(peer, lines.iter().map(|line| &**line), &state.trusted_proxies)
}

/// Extractor: signed in or not.
#[derive(Clone)]
pub struct Anyone(pub Rc<PageContext>);

/// Extractor: any signed-in user; otherwise redirects to the sign-in page.
#[derive(Clone)]
pub struct SignedIn(pub Rc<PageContext>);

/// Extractor: a signed-in administrator; 403 for other users.
#[derive(Clone)]
pub struct Admin(pub Rc<PageContext>);

fn context(request: &HttpRequest) -> Result<Rc<PageContext>, PageError> {
    request.extensions().get::<Rc<PageContext>>().cloned().ok_or_else(|| PageError::Internal("no context".into()))
}

impl FromRequest for Anyone {
    type Error = PageError;
    type Future = Ready<Result<Self, PageError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(context(request).map(Self))
    }
}

impl FromRequest for SignedIn {
    type Error = PageError;
    type Future = Ready<Result<Self, PageError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(
            context(request)
                .and_then(|context| if context.user.is_some() { Ok(Self(context)) } else { Err(context.to_sign_in()) }),
        )
    }
}

impl FromRequest for Admin {
    type Error = PageError;
    type Future = Ready<Result<Self, PageError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(context(request).and_then(|context| match (&context.user, context.is_admin()) {
            (None, _) => Err(context.to_sign_in()),
            (Some(_), false) => Err(PageError::Forbidden),
            (Some(_), true) => Ok(Self(context)),
        }))
    }
}
