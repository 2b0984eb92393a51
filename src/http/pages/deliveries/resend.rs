//! Recoveries: counts failed deliveries, starts sending them again, shows the progress, cancels.

use std::collections::HashMap;

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Query};

use crate::db::deliveries::recoveries::selection::{self, Found, RECOVERY_DELIVERIES_MAX, Wanted};
use crate::db::deliveries::recoveries::{self, Part, RecoverySummary};
use crate::db::{DbConnection, Error, WriteError, inboxes, webhooks};
use crate::delivery::PER_SECOND;
use crate::domain::clock_field;
use crate::domain::deliveries::log_filter::{LogFilter, only};
use crate::domain::deliveries::log_period::Period;
use crate::domain::id::{RecoveryId, WebhookId};
use crate::domain::inboxes::Inbox;
use crate::domain::problem::{Field, Problem, Problems};
use crate::domain::timestamp::Timestamp;
use crate::http::State;
use crate::http::error::PageError;
use crate::http::pages::{Answer, redirect_to, render};
use crate::http::request::form::Form;
use crate::http::request::log_query::{LogQuery, Parsed, given};
use crate::http::request::page_context::{Admin, PageContext, SignedIn};
use crate::http::request::session::UserSession;
use crate::i18n::Translator;
use crate::operations;
use crate::views::NoticeKind;
use crate::views::deliveries::{RecoveryPage, RecoveryRow, RecoveryView, ResendInput, ResendPage, UnsentPart};

/// Recoveries that the page lists.
const RECOVERIES_SHOWN: i64 = 20;

/// What a form or a link asks for. It has the same names as the filter of the log, so that the button of the log can
/// pass its filter.
struct Asked {
    filter: LogFilter,
    wanted: Result<Wanted, Problems>,
}

impl Asked {
    fn of(query: &LogQuery, context: &PageContext) -> Result<Self, PageError> {
        let Parsed { filter, unrecognised, .. } = query.parse(context.zone(), context.now);
        // Without its value the recovery would include all of them.
        if !filter.fits_resend_form() || unrecognised.iter().any(|name| ["webhook", "event", "inbox"].contains(name)) {
            return Err(PageError::BadRequest);
        }
        let since = filter.since().filter(|since| *since <= context.now);
        let mut problems = Problems::default();
        if unrecognised.contains(&"from") || since.is_none() {
            problems.add(Field::Since, Problem::SinceInvalid);
        }
        if unrecognised.contains(&"to") {
            problems.add(Field::Until, Problem::UntilInvalid);
        }
        let wanted = Wanted {
            webhook: only(&filter.webhooks),
            events: filter.events.clone(),
            inbox: only(&filter.inboxes),
            ..Wanted::failed(since.unwrap_or(context.now), filter.until().unwrap_or(context.now).min(context.now))
        };
        Ok(Self { filter, wanted: problems.or(wanted) })
    }

    fn input<'a>(
        &'a self,
        t: Translator,
        choice: Choice,
        found: Option<Found>,
        problems: &'a Problems,
    ) -> ResendInput<'a> {
        let inboxes = t.named_inboxes(choice.inboxes);
        let titles: HashMap<WebhookId, String> = choice.titles.into_iter().collect();
        let row = |of: &RecoverySummary| RecoveryRow {
            id: of.id,
            webhook: of.webhook.map(|id| (id, titles.get(&id).cloned().unwrap_or_default())),
            sent: of.sent.unsigned_abs().into(),
            total: of.total.unsigned_abs().into(),
            started_at: of.started_at,
            state: of.state,
        };
        ResendInput {
            filter: &self.filter,
            webhooks: choice.webhooks,
            inboxes: inboxes.into_iter().map(|inbox| (inbox.id, inbox.name)).collect(),
            running: choice.running,
            recoveries: choice.recoveries.iter().map(row).collect(),
            count: found.map(|found| found.count as u64),
            oldest: found.and_then(|found| found.oldest),
            newest: found.and_then(|found| found.newest),
            per_second: PER_SECOND.unsigned_abs(),
            limit: RECOVERY_DELIVERIES_MAX.unsigned_abs(),
            problems,
        }
    }
}

/// The choices of the form, the running recoveries, and the newest ones.
struct Choice {
    webhooks: Vec<(WebhookId, String)>,
    inboxes: Vec<Inbox>,
    running: Vec<RecoveryId>,
    recoveries: Vec<RecoverySummary>,
    /// Of all webhooks, also of deleted ones.
    titles: Vec<(WebhookId, String)>,
}

/// Deleted webhooks are not offered: nothing can be sent to them.
fn choice(conn: &mut DbConnection) -> Result<Choice, Error> {
    Ok(Choice {
        webhooks: webhooks::list(conn)?.iter().map(|webhook| (webhook.id, webhook.title())).collect(),
        inboxes: inboxes::list(conn)?,
        running: recoveries::open(conn)?,
        recoveries: recoveries::newest(conn, RECOVERIES_SHOWN)?,
        titles: webhooks::titles(conn)?,
    })
}

/// The form, and how many deliveries it would send again.
pub async fn ask(state: Data<State>, Admin(context): Admin, query: Query<LogQuery>) -> Answer {
    let mut query = query.into_inner();
    if given(&query.from).is_none() {
        // A period of the log becomes its beginning; without one, the last day is suggested.
        let period = query.period.take().and_then(|text| Period::parse(&text)).unwrap_or(Period::Day);
        let start = period.start(context.now, context.zone()).unwrap_or(context.now).micros();
        query.from = clock_field::shown(Timestamp::from_micros(start - start % 60_000_000), context.zone());
    }
    let asked = Asked::of(&query, &context)?;
    let none = Problems::default();
    match &asked.wanted {
        Err(problems) => refuse(&state, &context, &asked, problems).await,
        Ok(wanted) => {
            let wanted = wanted.clone();
            let loaded = state.db.read(move |conn| Ok((choice(conn)?, Some(selection::count(conn, &wanted)?))));
            let (choice, found) = loaded.await?;
            render(StatusCode::OK, &ResendPage::new(context.layout(), asked.input(context.t(), choice, found, &none)))
        }
    }
}

async fn refuse(state: &State, context: &PageContext, asked: &Asked, problems: &Problems) -> Answer {
    let input = asked.input(context.t(), state.db.read(choice).await?, None, problems);
    render(StatusCode::UNPROCESSABLE_ENTITY, &ResendPage::new(context.layout(), input))
}

/// Starts a recovery.
pub async fn start(state: Data<State>, Admin(context): Admin, session: Session, form: Form) -> Answer {
    let text = |name: &str| Some(form.get(name).to_owned());
    let query = LogQuery {
        webhook: text("webhook"),
        event: text("event"),
        inbox: text("inbox"),
        from: text("from"),
        to: text("to"),
        ..LogQuery::default()
    };
    let asked = Asked::of(&query, &context)?;
    let wanted = match &asked.wanted {
        Err(problems) => return refuse(&state, &context, &asked, problems).await,
        Ok(wanted) => wanted.clone(),
    };
    match operations::recoveries::start(&state.db, wanted, form.once()).await {
        Ok(recovery) => {
            UserSession(session).store_notice(NoticeKind::RecoveryStarted.as_str());
            Ok(redirect_to(&context, &format!("/recoveries/{}", recovery.id)))
        }
        // Another recovery of these webhooks is running, which the page shows, or the webhook was turned off meanwhile.
        Err(WriteError::Refused(_)) => Ok(redirect_to(&context, "/deliveries/resend")),
        Err(WriteError::Database(error)) => Err(error.into()),
    }
}

/// The progress of a recovery.
pub async fn show(state: Data<State>, SignedIn(context): SignedIn, id: Path<RecoveryId>) -> Answer {
    render_recovery(&state, &context, *id).await
}

async fn render_recovery(state: &State, context: &PageContext, id: RecoveryId) -> Answer {
    let loaded = state.db.read(move |conn| Ok((recoveries::find(conn, id)?, webhooks::titles(conn)?)));
    let (found, titles) = loaded.await?;
    let found = found.ok_or(PageError::NotFound)?;
    let webhook = titles.iter().find(|(id, _)| Some(*id) == found.webhook);
    let unsent = |part: &Part| {
        let title = titles.iter().find(|(id, _)| *id == part.webhook).map_or("", |(_, title)| title.as_str());
        part.unsent.map(|because| UnsentPart { title, count: part.left.unsigned_abs().into(), because })
    };
    let view = RecoveryView {
        id,
        webhook: webhook.map(|(id, title)| (*id, title.as_str())),
        total: found.total.unsigned_abs().into(),
        sent: found.sent.unsigned_abs().into(),
        delivered: found.delivered.unsigned_abs(),
        failed: found.failed.unsigned_abs(),
        state: found.state(),
        started_at: found.started_at,
        ended_at: found.ended_at,
        unsent: found.parts.iter().filter_map(unsent).collect(),
    };
    let shown = RecoveryPage::new(context.layout(), view);
    if context.htmx { render(StatusCode::OK, &shown.as_recovery()) } else { render(StatusCode::OK, &shown) }
}

/// Cancels a recovery; deliveries that it has made already continue.
pub async fn cancel(
    state: Data<State>,
    Admin(context): Admin,
    session: Session,
    id: Path<RecoveryId>,
    _form: Form,
) -> Answer {
    let id = id.into_inner();
    let cancelled = operations::recoveries::cancel(&state.db, id).await?;
    if context.htmx {
        return render_recovery(&state, &context, id).await;
    }
    if cancelled {
        UserSession(session).store_notice(NoticeKind::RecoveryCancelled.as_str());
    }
    Ok(redirect_to(&context, &format!("/recoveries/{id}")))
}
