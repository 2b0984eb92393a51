//! The list of webhooks.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Query};
use serde::Deserialize;

use crate::db::accounts::tokens;
use crate::db::deliveries::statistics::{self, Activity, HourActivity};
use crate::db::deliveries::{hourly_counts, log};
use crate::db::webhooks::search::{self, Search};
use crate::db::{DbConnection, Error, events, inboxes, webhooks};
use crate::domain::deliveries::Delivery;
use crate::domain::deliveries::state::OpenCounts;
use crate::domain::id::{InboxId, WebhookId};
use crate::domain::inboxes::Inbox;
use crate::domain::text::trimmed;
use crate::domain::timestamp::Timestamp;
use crate::domain::webhooks::health::{self, OFF_AFTER, OffReason};
use crate::domain::webhooks::list_order::{ListOrder, OrderBy, Ordered};
use crate::domain::webhooks::{State as Health, Webhook};
use crate::http::State;
use crate::http::error::PageError;
use crate::http::pages::{Answer, redirect_to, render};
use crate::http::request::page_context::{PageContext, SignedIn};
use crate::views::webhooks::{
    Alert, Hour, Pagination, Stage, StepsDone, Summary, Totals, WebhookFilter, WebhookRow, WebhooksInput, WebhooksPage,
};

/// `/` redirects to the list of webhooks.
pub async fn home(SignedIn(context): SignedIn) -> HttpResponse {
    redirect_to(&context, "/webhooks")
}

/// Webhooks on a page of the list.
const PAGE_ROWS: usize = 50;

/// A longer search text is cut: the page repeats it in its field and in its links.
const SEARCH_CHARS_MAX: usize = 500;

/// The query of the list. A value that is not understood does not filter.
#[derive(Default, Deserialize)]
pub struct ListQuery {
    #[serde(default)]
    q: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    inbox: String,
    #[serde(default)]
    sort: String,
    #[serde(default)]
    page: String,
}

impl ListQuery {
    fn filter(&self) -> WebhookFilter<'_> {
        let q = trimmed(&self.q);
        let q = q.char_indices().nth(SEARCH_CHARS_MAX).and_then(|(end, _)| q.get(..end)).unwrap_or(q);
        WebhookFilter {
            q,
            state: Health::parse(&self.state),
            trouble: self.state == WebhookFilter::TROUBLE,
            inbox: self.inbox.parse().ok(),
            order: ListOrder::parse(&self.sort),
        }
    }

    fn search(&self, context: &PageContext) -> Search {
        let WebhookFilter { q, state, inbox, trouble: _, order: _ } = self.filter();
        Search { text: q.to_owned(), paths: context.is_admin(), state, inbox, among: None }
    }
}

/// The values of the list, as loaded.
struct Loaded {
    webhooks: Vec<Webhook>,
    pagination: Pagination,
    /// All webhooks, found or not.
    of: usize,
    troubled: Vec<Webhook>,
    inboxes: Vec<Inbox>,
    activity: HashMap<WebhookId, Activity>,
    last: HashMap<WebhookId, Delivery>,
    open: OpenCounts,
    has_token: bool,
    has_event: bool,
}

/// The list, with the last 24 hours of each webhook.
pub async fn list(state: Data<State>, SignedIn(context): SignedIn, query: Query<ListQuery>) -> Answer {
    let (now, search, filter) = (context.now, query.search(&context), query.filter());
    let (wanted, order, trouble) = (query.page.parse().unwrap_or(1), filter.order, filter.trouble);
    let mut loaded = state.db.read(move |conn| load(conn, search, trouble, order, wanted, now)).await?;
    loaded.inboxes = context.t().named_inboxes(loaded.inboxes);
    let mut alerts: Vec<Alert> = loaded.troubled.iter().filter_map(|webhook| list_alert(webhook, now)).collect();
    Alert::sort(&mut alerts);
    for alert in alerts.iter_mut().take(Alert::SHOWN_MAX) {
        complete(&state, alert).await?;
    }
    let done = StepsDone {
        webhook: loaded.of > 0,
        token: loaded.has_token,
        event: loaded.has_event,
        server: state.public.as_str().trim_end_matches('/'),
    };
    let list = WebhooksPage::new(context.layout(), loaded.list(filter, alerts)).with_steps(done);
    if context.htmx { render(StatusCode::OK, &list.as_list()) } else { render(StatusCode::OK, &list) }
}

fn load(
    conn: &mut DbConnection,
    mut search: Search,
    trouble: bool,
    order: ListOrder,
    wanted: usize,
    now: Timestamp,
) -> Result<Loaded, Error> {
    let troubled = search::troubled(conn)?;
    let ranks: HashMap<WebhookId, u8> = troubled
        .iter()
        .filter_map(|webhook| list_alert(webhook, now).map(|alert| (webhook.id, alert.rank())))
        .collect();
    search.among = trouble.then(|| ranks.keys().copied().collect::<HashSet<_>>());
    let found = search::search(conn, &search)?;
    let pagination = Pagination::new(wanted, PAGE_ROWS, found.found.len(), found.of);
    let all = ordered(conn, found.found, &ranks, order, now)?;
    let mut ids: Vec<WebhookId> = all.into_iter().skip(pagination.before()).take(PAGE_ROWS).collect();
    let webhooks = search::load(conn, &ids)?;
    let last = statistics::last_deliveries(conn, &ids)?;
    ids.push(hourly_counts::ALL);
    Ok(Loaded {
        webhooks,
        pagination,
        of: found.of,
        troubled,
        inboxes: inboxes::list(conn)?,
        activity: statistics::activity(conn, &ids, now)?,
        last,
        open: statistics::open(conn, None, now)?,
        has_token: tokens::any(conn)?,
        has_event: events::any(conn)?,
    })
}

/// The webhooks in this order. Reads deliveries and counts of all of them only where the order depends on these.
fn ordered(
    conn: &mut DbConnection,
    found: Vec<(WebhookId, String)>,
    ranks: &HashMap<WebhookId, u8>,
    order: ListOrder,
    now: Timestamp,
) -> Result<Vec<WebhookId>, Error> {
    let ids: Vec<WebhookId> = found.iter().map(|(id, _)| *id).collect();
    let last = match order.by {
        OrderBy::LastDelivery => statistics::last_deliveries(conn, &ids)?,
        _ => HashMap::new(),
    };
    let activity = match order.by {
        OrderBy::SuccessRate => statistics::activity(conn, &ids, now)?,
        _ => HashMap::new(),
    };
    let attempts = |id: &WebhookId| {
        let day: Hour = last_day(activity.get(id)).into_iter().sum();
        (day.tries() > 0).then(|| (day.delivered, day.tries()))
    };
    let webhook = |(id, title)| Ordered {
        id,
        title,
        trouble: ranks.get(&id).copied(),
        last: last.get(&id).map(|delivery: &Delivery| delivery.created_at),
        attempts: attempts(&id),
    };
    let mut all: Vec<Ordered> = found.into_iter().map(webhook).collect();
    order.sort(&mut all);
    Ok(all.into_iter().map(|webhook| webhook.id).collect())
}

/// The alert of a webhook in the list: also that of one which is failing for less than a day.
fn list_alert(webhook: &Webhook, now: Timestamp) -> Option<Alert<'_>> {
    let failing = || {
        (webhook.state == Health::Failing).then_some(Alert { webhook, stage: Stage::Failing, held: 0, failure: None })
    };
    alert(webhook, now).or_else(failing)
}

impl Loaded {
    fn list<'a>(&'a self, filter: WebhookFilter<'a>, alerts: Vec<Alert<'a>>) -> WebhooksInput<'a> {
        WebhooksInput {
            filter,
            webhooks: self.webhooks.iter().map(|webhook| self.summary(webhook)).collect(),
            pagination: self.pagination,
            inboxes: &self.inboxes,
            totals: Totals { day: last_day(self.activity.get(&hourly_counts::ALL)).into_iter().sum(), open: self.open },
            alerts,
        }
    }

    fn summary<'a>(&'a self, webhook: &'a Webhook) -> Summary<'a> {
        Summary { webhook, last: self.last.get(&webhook.id), hours: last_day(self.activity.get(&webhook.id)) }
    }
}

/// The alert of a webhook, if it needs attention. [`complete`] adds the rest where it is shown.
pub fn alert(webhook: &Webhook, now: Timestamp) -> Option<Alert<'_>> {
    let stage = match (webhook.enabled, webhook.off_reason) {
        (false, Some(OffReason::Gone)) => Some(Stage::OffGone),
        (false, Some(OffReason::Asked)) => Some(Stage::OffAsked),
        (false, Some(OffReason::Failing)) => Some(Stage::OffFailing(Some(OFF_AFTER))),
        (false, None) => None,
        (true, _) => webhook.health.stage(now).map(|stage| match stage {
            health::Stage::Exhausted => Stage::Exhausted,
            health::Stage::Failing(span) => Stage::FailingDay(span),
            health::Stage::OffSoon(at) => Stage::OffSoon(at),
        }),
    };
    stage.map(|stage| Alert { webhook, stage, held: 0, failure: None })
}

/// Adds to an alert that is shown what it does not know yet: the held deliveries and the attempt that led to it.
pub async fn complete(state: &State, alert: &mut Alert<'_>) -> Result<(), PageError> {
    let (id, cause, holds) = (alert.webhook.id, alert.cause(), alert.webhook.state == Health::AutoDisabled);
    let asked = alert.stage == Stage::OffAsked;
    let loaded = state.db.read(move |conn| {
        let held = if holds { statistics::pending(conn, Some(id))? } else { 0 };
        let failure = match asked {
            true => log::attempts::latest_disabling(conn, id)?,
            false => log::attempts::latest_failure(conn, id, cause)?,
        };
        Ok((held, failure))
    });
    let (held, failure) = loaded.await?;
    (alert.held, alert.failure) = (count(held), failure);
    Ok(())
}

fn last_day(activity: Option<&Activity>) -> [Hour; 24] {
    let hour = |hour: HourActivity| Hour {
        delivered: hour.delivered.into(),
        failed: hour.failed.into(),
        failed_attempts: hour.failed_attempts.into(),
    };
    activity.map_or([Hour::default(); 24], |activity| activity.hours.map(hour))
}

/// A count from the database; a negative one becomes 0.
pub fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

/// The row of a webhook: the answer to its switch. `back` is the address of the list.
pub async fn row(state: &State, context: &Rc<PageContext>, id: WebhookId, back: String) -> Answer {
    let now = context.now;
    let loaded = state.db.read(move |conn| {
        let webhook = webhooks::find(conn, id)?;
        let inboxes = inboxes::list(conn)?;
        let activity = statistics::activity(conn, &[id], now)?;
        Ok((webhook, inboxes, activity, statistics::last_deliveries(conn, &[id])?))
    });
    let (webhook, inboxes, activity, last) = loaded.await?;
    let inboxes = context.t().named_inboxes(inboxes);
    let webhook = webhook.ok_or(PageError::NotFound)?;
    let summary = Summary { webhook: &webhook, last: last.get(&id), hours: last_day(activity.get(&id)) };
    render(StatusCode::OK, &WebhookRow::new(&context.layout(), summary, &inboxes).with_back(back))
}

/// The name of an inbox.
pub fn inbox_name(inboxes: &[Inbox], id: Option<InboxId>) -> Option<&str> {
    inboxes.iter().find(|inbox| Some(inbox.id) == id).map(|inbox| inbox.name.as_str())
}

/// Loads a webhook, or answers 404.
pub async fn find(state: &State, id: WebhookId) -> Result<Webhook, PageError> {
    state.db.read(move |conn| webhooks::find(conn, id)).await?.ok_or(PageError::NotFound)
}
