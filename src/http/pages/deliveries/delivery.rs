//! One delivery with its attempts; sends it again, cancels it.

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;

use crate::db::deliveries::log::{self, related};
use crate::db::system::settings;
use crate::db::{WriteError, events, inboxes, webhooks};
use crate::domain::deliveries::ATTEMPTS;
use crate::domain::id::DeliveryId;
use crate::http::State;
use crate::http::error::PageError;
use crate::http::pages::webhooks::list::inbox_name;
use crate::http::pages::{Answer, fragments, redirect_to, render};
use crate::http::request::form::Form;
use crate::http::request::page_context::{Admin, PageContext, SignedIn};
use crate::http::request::session::UserSession;
use crate::operations::cancellation::{self, Refused};
use crate::operations::redelivery;
use crate::views::deliveries::{DeliveryPage, DeliveryView};
use crate::views::{Html, NoticeKind};

/// Other deliveries of the same event on the page of a delivery.
const OTHER_DELIVERIES_MAX: i64 = 5;

/// The query of the page of a delivery: what of it to show.
#[derive(Default, Deserialize)]
pub struct DeliveryQuery {
    /// The number of an attempt; the latest attempt if it has no such attempt.
    attempt: Option<String>,
    /// `raw`: the body as it was sent.
    body: Option<String>,
    /// The state that the page shows: the poll gets 204 as long as it has not changed.
    seen: Option<String>,
}

/// The parts of the page that htmx swaps.
#[derive(Clone, Copy)]
enum Fragment {
    Delivery,
    /// After sending again, with the new delivery.
    Attempts(DeliveryId),
}

/// One delivery with its attempts.
pub async fn show(
    state: Data<State>,
    SignedIn(context): SignedIn,
    id: Path<String>,
    query: Query<DeliveryQuery>,
) -> Answer {
    render_delivery(&state, &context, parse(&id)?, &query, Fragment::Delivery).await
}

/// The query of the page from which htmx sent a form.
fn page_query(request: &HttpRequest) -> DeliveryQuery {
    let page = request.headers().get("hx-current-url").and_then(|url| url.to_str().ok()).unwrap_or_default();
    Query::from_query(page.split_once('?').map_or("", |(_, query)| query)).map(Query::into_inner).unwrap_or_default()
}

async fn render_delivery(
    state: &State,
    context: &PageContext,
    id: DeliveryId,
    query: &DeliveryQuery,
    fragment: Fragment,
) -> Answer {
    // Only administrators see a refused address, and only if private networks are allowed: otherwise the page would let
    // them probe the internal DNS.
    let may_know = context.is_admin() && state.policy.has_allow_list();
    let wanted = query.attempt.as_deref().and_then(|number| number.parse::<i32>().ok());
    let loaded = state.db.read(move |conn| {
        let Some((delivery, attempts)) = log::attempts::with_attempts(conn, id)? else { return Ok(None) };
        let others = log::other_deliveries(conn, &delivery, OTHER_DELIVERIES_MAX)?;
        let neighbours = log::neighbours(conn, &delivery)?;
        let resent_as = related::resent_as(conn, &[id])?.remove(&id);
        // Retention removes the older one first.
        let resend_of = delivery.resend_of.map(|old| log::find(conn, old)).transpose()?.flatten().map(|old| old.id);
        let body = events::body(conn, delivery.event_id)?;
        let webhook = webhooks::find(conn, delivery.webhook_id)?;
        let shown = attempts.iter().find(|attempt| Some(attempt.number) == wanted).or(attempts.last());
        let everywhere = settings::viewers_see_answers(conn)?;
        let refused = match shown.filter(|_| may_know) {
            Some(attempt) => log::attempts::refused_address(conn, id, attempt.number)?,
            None => None,
        };
        Ok(Some((
            delivery,
            attempts,
            (others, neighbours, resend_of, resent_as),
            body,
            webhook,
            inboxes::list(conn)?,
            (refused, everywhere),
        )))
    });
    let loaded = loaded.await?.ok_or(PageError::NotFound)?;
    let (
        delivery,
        mut attempts,
        (others, neighbours, resend_of, resent_as),
        body,
        webhook,
        inboxes,
        (refused, everywhere),
    ) = loaded;
    let inboxes = context.t().named_inboxes(inboxes);
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
        neighbours,
        resend_of,
        resent_as,
        sent_again: match fragment {
            Fragment::Attempts(id) => Some(id),
            Fragment::Delivery => None,
        },
        attempts: &attempts,
        answers_hidden,
        schedule: ATTEMPTS.unsigned_abs().into(),
        body: body.as_deref(),
        chosen: query.attempt.as_deref().and_then(|number| number.parse().ok()),
        raw: query.body.as_deref() == Some("raw"),
        retention_days: state.retention_days.into(),
    };
    let shown = DeliveryPage::new(context.layout(), view).with_refused(refused.as_deref());
    match fragment {
        _ if !context.htmx => render(StatusCode::OK, &shown),
        Fragment::Delivery if query.seen == Some(shown.state()) => Ok(HttpResponse::NoContent().finish()),
        Fragment::Delivery => render(StatusCode::OK, &shown.as_delivery()),
        // The form stays on the page and may be sent again.
        Fragment::Attempts(_) => {
            let once = context.layout().once_again("once-resend").html()?;
            fragments(&[shown.as_attempts().html()?, shown.as_sent_again().html()?, once])
        }
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
        return render_delivery(&state, &context, id, &page_query(&request), Fragment::Attempts(delivery.id)).await;
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
    let cancelled = match cancellation::cancel(&state.db, id, None).await {
        Ok(()) => true,
        // The page shows how it ended.
        Err(WriteError::Refused(Refused::HasEnded)) => false,
        Err(WriteError::Refused(Refused::NotFound)) => return Err(PageError::NotFound),
        Err(WriteError::Database(error)) => return Err(error.into()),
    };
    if context.htmx {
        return render_delivery(&state, &context, id, &page_query(&request), Fragment::Delivery).await;
    }
    if cancelled {
        UserSession(session).store_notice(NoticeKind::DeliveryCancelled.as_str());
    }
    Ok(redirect_to(&context, &format!("/deliveries/{id}")))
}
