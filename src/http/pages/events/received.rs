//! Received events: the list, one event, and sending it to a webhook.

use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Query};

use crate::db::events::received::{self, Line};
use crate::db::{events, inboxes, webhooks};
use crate::domain::id::EventId;
use crate::http::State;
use crate::http::error::PageError;
use crate::http::pages::webhooks::list::inbox_name;
use crate::http::pages::{Answer, redirect_to, render};
use crate::http::request::form::Form;
use crate::http::request::page_context::{Admin, SignedIn};
use crate::http::request::received_query::{Parsed, ReceivedQuery};
use crate::http::request::session::UserSession;
use crate::operations::redelivery;
use crate::views::events::received::{Fate, ReceivedFilter, ReceivedInput, ReceivedLine, ReceivedPage};
use crate::views::events::received_event::{EventPage, EventView};
use crate::views::{Notice, NoticeKind};

/// Events on a page of the list.
const PAGE_LINES: usize = 50;

/// The list.
pub async fn list(state: Data<State>, SignedIn(context): SignedIn, query: Query<ReceivedQuery>) -> Answer {
    let Parsed { filter, cursor, unrecognised } = query.parse(context.zone());
    let t = context.t();
    let labels: Vec<String> = unrecognised.iter().map(|name| t.filter_label(name)).collect();
    let unrecognised = (!labels.is_empty()).then(|| Notice::Warning(t.filters_odd(labels.join(", "))));
    let wanted = filter.clone();
    let loaded =
        state.db.read(move |conn| Ok((received::page(conn, &wanted, cursor, PAGE_LINES)?, inboxes::list(conn)?)));
    let (found, inboxes) = loaded.await?;
    let inboxes = t.named_inboxes(inboxes);
    let (from, to) = query.fields(context.zone());
    let ingest = state.public.join("/api/v1/events").map_or_else(|_| String::new(), |url| url.to_string());
    let input = ReceivedInput {
        filter: ReceivedFilter { event: filter.event, inbox: filter.inbox, unmatched: filter.unmatched, from, to },
        lines: found.lines.iter().map(|line| shown(line, inbox_name(&inboxes, line.inbox_id))).collect(),
        inboxes: &inboxes,
        newer: found.newer.and_then(|cursor| cursor.written()),
        older: found.older.and_then(|cursor| cursor.written()),
        retention_days: state.retention_days.into(),
        ingest: &ingest,
    };
    let mut layout = context.layout();
    layout.notice = unrecognised.or(layout.notice);
    let list = ReceivedPage::new(layout, input);
    if context.htmx { render(StatusCode::OK, &list.as_received()) } else { render(StatusCode::OK, &list) }
}

fn shown<'a>(line: &Line, inbox: Option<&'a str>) -> ReceivedLine<'a> {
    let fate = match (line.test, line.deliveries, line.unmatched) {
        (true, ..) => Fate::Test,
        (_, 1.., _) => Fate::Sent(line.deliveries),
        (_, 0, why) => Fate::Unmatched(why),
    };
    let derived = line.derived_from.is_some();
    ReceivedLine {
        id: line.id,
        event: line.event,
        inbox,
        derived,
        fate,
        body_bytes: line.size,
        accepted_at: line.created_at,
    }
}

fn parse(id: &str) -> Result<EventId, PageError> {
    id.parse().map_err(|_| PageError::NotFound)
}

/// One event with its deliveries.
pub async fn show(state: Data<State>, SignedIn(context): SignedIn, id: Path<String>) -> Answer {
    let id = parse(&id)?;
    let loaded = state.db.read(move |conn| {
        let Some(line) = received::find(conn, id)? else { return Ok(None) };
        let body = events::body(conn, id)?.unwrap_or_default();
        let family = (received::derived(conn, id)?, received::deliveries(conn, id)?);
        Ok(Some((line, body, family, webhooks::list(conn)?, inboxes::list(conn)?)))
    });
    let (line, body, (derived, deliveries), webhooks, inboxes) = loaded.await?.ok_or(PageError::NotFound)?;
    let inboxes = context.t().named_inboxes(inboxes);
    let view = EventView {
        line: shown(&line, inbox_name(&inboxes, line.inbox_id)),
        inbox_id: line.inbox_id,
        source: line.derived_from,
        derived: &derived,
        deliveries: &deliveries,
        webhooks: &webhooks,
        body: &body,
    };
    render(StatusCode::OK, &EventPage::new(context.layout(), view))
}

/// The body as it was received, byte for byte.
pub async fn body(state: Data<State>, _: SignedIn, id: Path<String>) -> Result<HttpResponse, PageError> {
    let id = parse(&id)?;
    let body = state.db.read(move |conn| events::body(conn, id)).await?.ok_or(PageError::NotFound)?;
    Ok(HttpResponse::Ok().content_type("application/json").body(body))
}

/// Sends the event to a webhook of the user's choice, even if its subscriptions and inboxes do not match.
pub async fn send(
    state: Data<State>,
    Admin(context): Admin,
    session: Session,
    id: Path<String>,
    form: Form,
) -> Result<HttpResponse, PageError> {
    let webhook = form.get("webhook").parse().map_err(|_| PageError::BadRequest)?;
    let delivery = redelivery::send_to(&state.db, &state.engine, parse(&id)?, webhook, form.once()).await?;
    UserSession(session).store_notice(NoticeKind::EventSent.as_str());
    Ok(redirect_to(&context, &format!("/deliveries/{}", delivery.id)))
}
