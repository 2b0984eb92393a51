//! The delivery log: of all webhooks, and of one.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Query};

use crate::db::deliveries::log;
use crate::db::{inboxes, webhooks};
use crate::domain::cursor::Cursor;
use crate::domain::id::{DeliveryId, IdSource, WebhookId};
use crate::http::State;
use crate::http::error::PageError;
use crate::http::pages::webhooks::list::{count, find, inbox_name};
use crate::http::pages::{Answer, render};
use crate::http::request::log_query::{LogQuery, Parsed, given};
use crate::http::request::page_context::{PageContext, SignedIn};
use crate::views::deliveries::{LogInput, LogLine, LogPage, Matching, News};

/// Deliveries on a page of the log.
const PAGE_LINES: usize = 50;
/// New deliveries that the poll counts.
const NEWS_MAX: usize = 100;

/// The log.
pub async fn log(state: Data<State>, SignedIn(context): SignedIn, query: Query<LogQuery>) -> Answer {
    show_log(&state, &context, &query, None).await
}

/// The log of one webhook.
pub async fn of_webhook(
    state: Data<State>,
    SignedIn(context): SignedIn,
    id: Path<WebhookId>,
    query: Query<LogQuery>,
) -> Answer {
    let id = id.into_inner();
    let query = LogQuery { webhook: Some(id.to_string()), ..query.into_inner() };
    show_log(&state, &context, &query, Some(id)).await
}

async fn show_log(state: &State, context: &PageContext, query: &LogQuery, of: Option<WebhookId>) -> Answer {
    let mut parsed = query.parse(context.zone(), context.now);
    parsed.filter.is_viewers = !context.is_admin();
    if let Some(seen) = given(&query.seen).and_then(|text| text.parse().ok()).filter(|_| context.htmx) {
        return show_news(state, context, query, parsed, seen, of).await;
    }
    let permit = state.search_permit(&parsed.filter).await?;
    let (wanted, cursor, now) = (parsed.filter.clone(), parsed.cursor, context.now);
    let loaded = state.db.read(move |conn| {
        let _permit = permit;
        let page = log::page(conn, &wanted, cursor, PAGE_LINES, now)?;
        let of_webhook = of.map(|id| webhooks::find(conn, id)).transpose()?.flatten();
        let counted = log::count(conn, &wanted, cursor, &page, now)?;
        Ok((page, counted, of_webhook, webhooks::titles(conn)?, inboxes::list(conn)?))
    });
    let (found, counted, of_webhook, titles, inboxes) = loaded.await?;
    if of.is_some() && of_webhook.is_none() {
        return Err(PageError::NotFound);
    }
    let inboxes = context.t().named_inboxes(inboxes);
    let shown = found.lines.iter().map(|line| LogLine {
        delivery: &line.delivery,
        webhook: titles.iter().find(|(id, _)| *id == line.delivery.webhook_id).map(|(_, title)| title.as_str()),
        inbox: inbox_name(&inboxes, line.delivery.inbox_id),
        progress: line.progress,
        http_status: line.http_status,
        cause: line.cause,
        found_attempt: line.found_attempt,
        duration_ms: line.duration_ms,
    });
    let seen = found.lines.first().map_or(DeliveryId(0), |line| line.delivery.id);
    let (newer, older) = neighbours(cursor, &found);
    let input = LogInput {
        filter: parsed.filter,
        of_webhook: of_webhook.as_ref(),
        count: counted.map(|(number, is_exact)| Matching { count: count(number), is_exact }),
        is_live: query.is_live(),
        unrecognised: parsed.unrecognised,
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
    parsed: Parsed,
    seen: DeliveryId,
    of: Option<WebhookId>,
) -> Answer {
    let permit = state.search_permit(&parsed.filter).await?;
    let (wanted, now) = (parsed.filter.clone(), context.now);
    let newer = state.db.read(move |conn| {
        let _permit = permit;
        log::page(conn, &wanted, Cursor::After(seen), NEWS_MAX, now)
    });
    let newer = newer.await?.lines.len();
    if given(&query.known).unwrap_or("0") == newer.to_string() {
        return Ok(HttpResponse::NoContent().finish());
    }
    let of_webhook = match of {
        Some(id) => Some(find(state, id).await?),
        None => None,
    };
    let news = Some(News { seen, count: newer as u64 });
    let input = LogInput {
        filter: parsed.filter,
        of_webhook: of_webhook.as_ref(),
        is_live: query.is_live(),
        news,
        ..LogInput::default()
    };
    render(StatusCode::OK, &LogPage::new(context.layout(), input).as_news())
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
