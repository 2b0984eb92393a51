//! The delivery log, and one delivery.

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;

use crate::clock;
use crate::db::deliveries::{log, queue};
use crate::db::system::settings;
use crate::db::{events, inboxes, webhooks};
use crate::domain::cursor::Cursor;
use crate::domain::deliveries::ATTEMPTS;
use crate::domain::id::{DeliveryId, IdSource, WebhookId};
use crate::http::State;
use crate::http::error::PageError;
use crate::http::pages::webhooks::list::inbox_name;
use crate::http::pages::{Answer, fragments, redirect_to, render};
use crate::http::request::form::Form;
use crate::http::request::log_query::{LogQuery, Parsed, given};
use crate::http::request::page_context::{Admin, PageContext, SignedIn};
use crate::http::request::session::UserSession;
use crate::operations::redelivery;
use crate::views::deliveries::{DeliveryPage, DeliveryView, LogFilter, LogInput, LogLine, LogPage, News};
use crate::views::{Html, NoticeKind};

/// Deliveries on a page of the log.
const PAGE_LINES: usize = 50;
/// Other deliveries of the same event on the page of a delivery.
const OTHER_DELIVERIES_MAX: i64 = 5;
/// New deliveries that the poll counts.
const NEWS_MAX: usize = 100;

/// The log.
pub async fn log(state: Data<State>, SignedIn(context): SignedIn, query: Query<LogQuery>) -> Answer {
    show_log(&state, &context, &query).await
}

/// The log of one webhook.
pub async fn of_webhook(
    state: Data<State>,
    SignedIn(context): SignedIn,
    id: Path<WebhookId>,
    query: Query<LogQuery>,
) -> Answer {
    let query = LogQuery { webhook: Some(id.to_string()), ..query.into_inner() };
    show_log(&state, &context, &query).await
}

async fn show_log(state: &State, context: &PageContext, query: &LogQuery) -> Answer {
    let mut parsed = query.parse(context.zone(), context.now);
    parsed.filter.is_viewers = !context.is_admin();
    if let Some(seen) = given(&query.seen).and_then(|text| text.parse().ok()).filter(|_| context.htmx) {
        return show_news(state, context, query, &parsed, seen).await;
    }
    let permit = state.search_permit(&parsed.filter).await?;
    let (wanted, cursor) = (parsed.filter.clone(), parsed.cursor);
    let loaded = state.db.read(move |conn| {
        let _permit = permit;
        Ok((log::page(conn, &wanted, cursor, PAGE_LINES)?, webhooks::titles(conn)?, inboxes::list(conn)?))
    });
    let (found, titles, inboxes) = loaded.await?;
    let shown = found.lines.iter().map(|line| LogLine {
        delivery: &line.delivery,
        webhook: titles.iter().find(|(id, _)| *id == line.delivery.webhook_id).map(|(_, title)| title.as_str()),
        inbox: inbox_name(&inboxes, line.delivery.inbox_id),
        http_status: line.http_status,
        duration_ms: line.duration_ms,
    });
    let seen = found.lines.first().map_or(DeliveryId(0), |line| line.delivery.id);
    let (newer, older) = neighbours(cursor, &found);
    let input = LogInput {
        filter: filter(context, query, &parsed),
        unrecognised: parsed.odd,
        lines: shown.collect(),
        webhooks: titles.clone(),
        inboxes: inboxes.iter().map(|inbox| (inbox.id, inbox.name.clone())).collect(),
        newer: newer.written(),
        older: older.written(),
        looked_until: found.next.filter(|_| found.is_cut).map(|id| IdSource::time_of(id.0)),
        news: (query.is_live() && cursor == Cursor::Newest).then_some(News { seen, count: 0 }),
        retention_days: state.retention_days.into(),
    };
    let log = LogPage::new(context.layout(), input);
    if context.htmx { render(StatusCode::OK, &log.as_log()) } else { render(StatusCode::OK, &log) }
}

/// The answer to the poll: counts only deliveries newer than `seen`; 204 if the page shows that count already.
async fn show_news(
    state: &State,
    context: &PageContext,
    query: &LogQuery,
    parsed: &Parsed,
    seen: DeliveryId,
) -> Answer {
    let permit = state.search_permit(&parsed.filter).await?;
    let wanted = parsed.filter.clone();
    let newer = state.db.read(move |conn| {
        let _permit = permit;
        log::page(conn, &wanted, Cursor::After(seen), NEWS_MAX)
    });
    let count = newer.await?.lines.len();
    if given(&query.known).unwrap_or("0") == count.to_string() {
        return Ok(HttpResponse::NoContent().finish());
    }
    let news = Some(News { seen, count: count as u64 });
    let input = LogInput { filter: filter(context, query, parsed), news, ..LogInput::default() };
    render(StatusCode::OK, &LogPage::new(context.layout(), input).as_news())
}

/// How much of a search text the page repeats, in its field and in each of its links. No valid search is longer.
const SEARCH_SHOWN_CHARS_MAX: usize = 500;

/// The filter for the fields of the form.
fn filter(context: &PageContext, query: &LogQuery, Parsed { filter, period, .. }: &Parsed) -> LogFilter {
    let (from, to) = query.fields(context.zone());
    LogFilter {
        status: filter.status,
        event: filter.event,
        webhook: filter.webhook,
        inbox: filter.inbox,
        from,
        to,
        period: *period,
        test: filter.test,
        q: given(&query.q).unwrap_or_default().chars().take(SEARCH_SHOWN_CHARS_MAX).collect(),
        live: query.is_live(),
    }
}

/// The cursors of the pages with newer and with older lines; `Newest` where there is no such page. A page may be empty
/// if no line in the searched range matches.
fn neighbours(cursor: Cursor<DeliveryId>, found: &log::Page) -> (Cursor<DeliveryId>, Cursor<DeliveryId>) {
    let (first, last) = (found.lines.first(), found.lines.last());
    let id = |line: Option<&log::Line>, none: i64| line.map_or(DeliveryId(none), |line| line.delivery.id);
    let onward = found.next.map_or(Cursor::Newest, |id| cursor.beyond(id));
    match cursor {
        Cursor::Newest => (Cursor::Newest, onward),
        Cursor::Before(at) => (Cursor::After(id(first, at.0.saturating_sub(1))), onward),
        Cursor::After(at) => (onward, Cursor::Before(id(last, at.0.saturating_add(1)))),
    }
}

/// The query of the page of a delivery: what of it to show.
#[derive(Default, Deserialize)]
pub struct Chosen {
    /// The number of an attempt; the latest attempt if it has no such attempt.
    attempt: Option<String>,
    /// `raw`: the body as it was sent.
    body: Option<String>,
    /// The state that the page shows: the poll gets 204 as long as it has not changed.
    seen: Option<String>,
}

/// The parts of the page that htmx swaps.
#[derive(Clone, Copy)]
enum Part {
    Delivery,
    Attempts,
}

/// One delivery with its attempts.
pub async fn show(state: Data<State>, SignedIn(context): SignedIn, id: Path<String>, query: Query<Chosen>) -> Answer {
    render_delivery(&state, &context, parse(&id)?, &query, Part::Delivery).await
}

/// The query of the page from which htmx sent a form.
fn chosen_before(request: &HttpRequest) -> Chosen {
    let page = request.headers().get("hx-current-url").and_then(|url| url.to_str().ok()).unwrap_or_default();
    Query::from_query(page.split_once('?').map_or("", |(_, query)| query)).map(Query::into_inner).unwrap_or_default()
}

async fn render_delivery(state: &State, context: &PageContext, id: DeliveryId, chosen: &Chosen, part: Part) -> Answer {
    // Only administrators see a refused address, and only if private networks are allowed: otherwise the page would let
    // them probe the internal DNS.
    let may_know = context.is_admin() && state.policy.has_allow_list();
    let wanted = chosen.attempt.as_deref().and_then(|number| number.parse::<i32>().ok());
    let loaded = state.db.read(move |conn| {
        let Some((delivery, attempts)) = log::attempts::with_attempts(conn, id)? else { return Ok(None) };
        let others = log::other_deliveries(conn, &delivery, OTHER_DELIVERIES_MAX)?;
        let body = events::body(conn, delivery.event_id)?;
        let webhook = webhooks::find(conn, delivery.webhook_id)?;
        let shown = attempts.iter().find(|attempt| Some(attempt.number) == wanted).or(attempts.last());
        let everywhere = settings::viewers_see_answers(conn)?;
        let refused = match shown.filter(|_| may_know) {
            Some(attempt) => log::attempts::refused_address(conn, id, attempt.number)?,
            None => None,
        };
        Ok(Some((delivery, attempts, others, body, webhook, inboxes::list(conn)?, (refused, everywhere))))
    });
    let loaded = loaded.await?.ok_or(PageError::NotFound)?;
    let (delivery, mut attempts, others, body, webhook, inboxes, (refused, everywhere)) = loaded;
    let mut answers_hidden = false;
    if !context.is_admin() {
        // The setting of a deleted webhook is gone, so only the setting of the installation applies.
        answers_hidden = !webhook.as_ref().map_or(everywhere, |webhook| webhook.shows_answers(everywhere));
        for answer in attempts.iter_mut().filter_map(|attempt| attempt.response.as_mut()) {
            if answers_hidden {
                answer.keep_status();
            } else if let Some(webhook) = webhook.as_ref().filter(|_| !everywhere) {
                answer.hide(&webhook.url);
            }
        }
    }
    let view = DeliveryView {
        delivery: &delivery,
        webhook: webhook.as_ref(),
        inbox: inbox_name(&inboxes, delivery.inbox_id),
        other_deliveries: &others,
        attempts: &attempts,
        answers_hidden,
        schedule: ATTEMPTS.unsigned_abs().into(),
        body: body.as_deref(),
        chosen: chosen.attempt.as_deref().and_then(|number| number.parse().ok()),
        raw: chosen.body.as_deref() == Some("raw"),
        retention_days: state.retention_days.into(),
    };
    let shown = DeliveryPage::new(context.layout(), view).with_refused(refused.as_deref());
    match part {
        _ if !context.htmx => render(StatusCode::OK, &shown),
        Part::Delivery if chosen.seen == Some(shown.state()) => Ok(HttpResponse::NoContent().finish()),
        Part::Delivery => render(StatusCode::OK, &shown.as_delivery()),
        // The form stays on the page and may be sent again.
        Part::Attempts => fragments(&[shown.as_attempts().html()?, context.layout().once_again("once-resend").html()?]),
    }
}

fn parse(id: &str) -> Result<DeliveryId, PageError> {
    id.parse().map_err(|_| PageError::NotFound)
}

/// Sends the event again, as a new delivery.
pub async fn send_again(
    state: Data<State>,
    Admin(context): Admin,
    session: Session,
    id: Path<String>,
    request: HttpRequest,
    form: Form,
) -> Answer {
    let id = parse(&id)?;
    let delivery = redelivery::make(&state.db, &state.engine, id, form.once()).await?;
    if context.htmx {
        return render_delivery(&state, &context, id, &chosen_before(&request), Part::Attempts).await;
    }
    UserSession(session).store_notice(NoticeKind::DeliveryResent.as_str());
    Ok(redirect_to(&context, &format!("/deliveries/{}", delivery.id)))
}

/// Cancels a pending delivery.
pub async fn cancel(
    state: Data<State>,
    Admin(context): Admin,
    session: Session,
    id: Path<String>,
    request: HttpRequest,
    _form: Form,
) -> Answer {
    let id = parse(&id)?;
    let now = clock::now();
    let cancelled = state.db.write(move |conn| queue::cancel(conn, id, now)).await?;
    if context.htmx {
        return render_delivery(&state, &context, id, &chosen_before(&request), Part::Delivery).await;
    }
    if cancelled {
        UserSession(session).store_notice(NoticeKind::DeliveryCancelled.as_str());
    }
    Ok(redirect_to(&context, &format!("/deliveries/{id}")))
}
