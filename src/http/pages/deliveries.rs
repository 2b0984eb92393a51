//! The delivery log, and one delivery.

use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Query};
use serde::Deserialize;

use super::redelivery::{self, Refused};
use super::webhooks::inbox_name;
use super::{Answer, go, page};
use crate::clock;
use crate::db::log::{Cursor, Line};
use crate::db::{deliveries, events, inboxes, log, webhooks};
use crate::domain::delivery::ATTEMPTS;
use crate::domain::id::{DeliveryId, WebhookId};
use crate::http::State;
use crate::http::error::PageError;
use crate::http::form::Form;
use crate::http::log_query::LogQuery;
use crate::http::reader::{Admin, Reader, SignedIn};
use crate::http::session::Visit;
use crate::views::deliveries::{DeliveryPage, DeliveryView, LogFilter, LogInput, LogLine, LogPage};
use crate::views::{Notice, NoticeKind};

/// Lines of a page.
const PAGE: usize = 50;

/// The log.
pub async fn log(state: Data<State>, SignedIn(reader): SignedIn, query: Query<LogQuery>) -> Answer {
    show_log(&state, &reader, &query).await
}

/// The log of one webhook.
pub async fn of_webhook(
    state: Data<State>,
    SignedIn(reader): SignedIn,
    id: Path<WebhookId>,
    query: Query<LogQuery>,
) -> Answer {
    let query = LogQuery { webhook: Some(id.to_string()), ..query.into_inner() };
    show_log(&state, &reader, &query).await
}

async fn show_log(state: &State, reader: &Reader, query: &LogQuery) -> Answer {
    // A filter that is not understood is a link of somebody else's making: show everything, and say so.
    let parsed = query.parse(reader.zone());
    let odd = parsed.is_err().then(|| Notice::Odd(reader.t().filter_not_understood()));
    let (filter, cursor) = parsed.unwrap_or_default();
    let wanted = filter.clone();
    let loaded = state.db.read(move |conn| {
        let page = log::page(conn, &wanted, cursor, PAGE)?;
        Ok((page, webhooks::titles(conn)?, inboxes::list(conn)?))
    });
    let ((lines, more), titles, inboxes) = loaded.await?;
    let line = |line: &'_ Line| {
        let title = titles.iter().find(|(id, _)| *id == line.delivery.webhook_id);
        (title.map(|(_, title)| title.as_str()), inbox_name(&inboxes, line.delivery.inbox_id))
    };
    let shown = lines.iter().map(|found| {
        let (webhook, inbox) = line(found);
        let (http_status, duration_ms) = (found.http_status, found.duration_ms);
        LogLine { delivery: &found.delivery, webhook, inbox, http_status, duration_ms }
    });
    let (newer, older) = neighbours(cursor, &lines, more);
    let input = LogInput {
        filter: LogFilter {
            status: filter.status,
            event: filter.event,
            webhook: filter.webhook,
            inbox: filter.inbox,
            from: filter.from,
            to: filter.to,
        },
        lines: shown.collect(),
        webhooks: titles.clone(),
        newer,
        older,
        retention_days: state.retention_days.into(),
    };
    let mut shell = reader.shell();
    shell.notice = odd.or(shell.notice);
    let log = LogPage::new(shell, input);
    if reader.htmx { page(StatusCode::OK, &log.as_log()) } else { page(StatusCode::OK, &log) }
}

/// The cursors of the pages with newer and with older lines, where there are any.
fn neighbours(cursor: Cursor, lines: &[Line], more: bool) -> (Option<String>, Option<String>) {
    let newer = lines.first().map(|line| format!("after-{}", line.delivery.id));
    let older = lines.last().map(|line| line.delivery.id.to_string());
    match cursor {
        Cursor::Newest => (None, older.filter(|_| more)),
        Cursor::Before(_) => (newer, older.filter(|_| more)),
        Cursor::After(_) => (newer.filter(|_| more), older),
    }
}

/// Which attempt to show.
#[derive(Deserialize)]
pub struct Chosen {
    attempt: Option<i32>,
}

/// One delivery with its attempts.
pub async fn show(state: Data<State>, SignedIn(reader): SignedIn, id: Path<String>, query: Query<Chosen>) -> Answer {
    let id = parse(&id)?;
    render(&state, &reader, id, query.attempt).await
}

async fn render(state: &State, reader: &Reader, id: DeliveryId, chosen: Option<i32>) -> Answer {
    // Of a refused address only administrators are told, and only where some private networks are allowed at all.
    let may_know = reader.is_admin() && state.policy.has_allow_list();
    let loaded = state.db.read(move |conn| {
        let Some((delivery, attempts)) = log::whole(conn, id)? else { return Ok(None) };
        let body = events::body(conn, delivery.event_id)?;
        let webhook = webhooks::find(conn, delivery.webhook_id)?;
        let shown = attempts.iter().find(|attempt| Some(attempt.number) == chosen).or(attempts.last());
        let refused = match shown.filter(|_| may_know) {
            Some(attempt) => log::refused_address(conn, id, attempt.number)?,
            None => None,
        };
        Ok(Some((delivery, attempts, body, webhook, inboxes::list(conn)?, refused)))
    });
    let (delivery, attempts, body, webhook, inboxes, refused) = loaded.await?.ok_or(PageError::NotFound)?;
    let view = DeliveryView {
        delivery: &delivery,
        webhook: webhook.as_ref(),
        inbox: inbox_name(&inboxes, delivery.inbox_id),
        attempts: &attempts,
        schedule: ATTEMPTS.unsigned_abs().into(),
        body: body.as_deref(),
        chosen,
        retention_days: state.retention_days.into(),
    };
    let shown = DeliveryPage::new(reader.shell(), view).with_refused(refused.as_deref());
    if reader.htmx { page(StatusCode::OK, &shown.as_delivery()) } else { page(StatusCode::OK, &shown) }
}

fn parse(id: &str) -> Result<DeliveryId, PageError> {
    id.parse().map_err(|_| PageError::NotFound)
}

/// Sends the event again, as a delivery of its own.
pub async fn send_again(
    state: Data<State>,
    Admin(reader): Admin,
    session: Session,
    id: Path<String>,
    _form: Form,
) -> Result<HttpResponse, PageError> {
    match redelivery::make(&state, parse(&id)?).await? {
        Ok(delivery) => {
            Visit(session).leave_notice(NoticeKind::DeliveryResent.as_str());
            Ok(go(&reader, &format!("/deliveries/{}", delivery.id)))
        }
        Err(Refused::NotFound) => Err(PageError::NotFound),
        Err(Refused::WebhookOff) => Err(PageError::WebhookOff),
        Err(Refused::Test) => Err(PageError::BadRequest),
    }
}

/// Ends a waiting delivery.
pub async fn cancel(
    state: Data<State>,
    Admin(reader): Admin,
    session: Session,
    id: Path<String>,
    _form: Form,
) -> Answer {
    let id = parse(&id)?;
    let now = clock::now();
    let cancelled = state.db.write(move |conn| deliveries::cancel(conn, id, now)).await?;
    if reader.htmx {
        return render(&state, &reader, id, None).await;
    }
    if cancelled {
        Visit(session).leave_notice(NoticeKind::DeliveryCancelled.as_str());
    }
    Ok(go(&reader, &format!("/deliveries/{id}")))
}
