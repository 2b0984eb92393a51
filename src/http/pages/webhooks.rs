//! The list of webhooks, and the overview of one.

use std::collections::HashMap;
use std::rc::Rc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Query};
use serde::Deserialize;

use super::{Answer, go, page};
use crate::db::log::{Cursor, Filter as LogFilter};
use crate::db::stats::Activity;
use crate::db::{DbConnection, Error, inboxes, log, stats, webhooks};
use crate::domain::delivery::Delivery;
use crate::domain::health::{self, OFF_AFTER, OffReason};
use crate::domain::id::WebhookId;
use crate::domain::inbox::Inbox;
use crate::domain::timestamp::Timestamp;
use crate::domain::webhook::{InboxScope, State as Health, Webhook};
use crate::http::State;
use crate::http::error::PageError;
use crate::http::reader::{Reader, SignedIn};
use crate::views::deliveries::LogLine;
use crate::views::webhooks::{Alert, Filter, Hour, List, ListPage, OverviewPage, Row, Stage, Summary, Totals};

/// The start is the list of webhooks.
pub async fn home(SignedIn(reader): SignedIn) -> HttpResponse {
    go(&reader, "/webhooks")
}

/// The filters of the list; what is not understood is no filter.
#[derive(Default, Deserialize)]
pub struct ListQuery {
    #[serde(default)]
    q: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    inbox: String,
}

impl ListQuery {
    fn filter(&self) -> Filter<'_> {
        Filter { q: self.q.trim(), state: Health::parse(&self.state), inbox: self.inbox.parse().ok() }
    }
}

/// What the list is made of, as loaded.
struct Loaded {
    webhooks: Vec<Webhook>,
    inboxes: Vec<Inbox>,
    activity: HashMap<WebhookId, Activity>,
    last: HashMap<WebhookId, Delivery>,
    pending: i64,
    now: Timestamp,
}

/// All webhooks with their last 24 hours.
pub async fn list(state: Data<State>, SignedIn(reader): SignedIn, query: Query<ListQuery>) -> Answer {
    let now = reader.now;
    let loaded = state
        .db
        .read(move |conn| {
            Ok(Loaded {
                webhooks: webhooks::list(conn)?,
                inboxes: inboxes::list(conn)?,
                activity: stats::activity(conn, now)?,
                last: stats::last_deliveries(conn)?,
                pending: stats::pending(conn, None)?,
                now,
            })
        })
        .await?;
    let held = held(&state, &loaded.webhooks).await?;
    let list = ListPage::new(reader.shell(), loaded.list(query.filter(), &held));
    if reader.htmx { page(StatusCode::OK, &list.as_list()) } else { page(StatusCode::OK, &list) }
}

/// How many deliveries wait for each webhook that Hachok turned off.
async fn held(state: &State, webhooks: &[Webhook]) -> Result<HashMap<WebhookId, u64>, Error> {
    let off = webhooks.iter().filter(|webhook| webhook.state == Health::AutoDisabled);
    let ids: Vec<WebhookId> = off.map(|webhook| webhook.id).collect();
    let count = |conn: &mut DbConnection, id| Ok((id, count(stats::pending(conn, Some(id))?)));
    state.db.read(move |conn| ids.into_iter().map(|id| count(conn, id)).collect()).await
}

impl Loaded {
    fn list<'a>(&'a self, filter: Filter<'a>, held: &HashMap<WebhookId, u64>) -> List<'a> {
        let totals = Totals {
            delivered: self.activity.values().map(|activity| u64::from(activity.delivered())).sum(),
            failed: self.activity.values().map(|activity| u64::from(activity.failed())).sum(),
            pending: count(self.pending),
        };
        let shown = self.webhooks.iter().filter(|webhook| matches(webhook, &filter));
        let alert = |webhook: &'a Webhook| {
            let held = held.get(&webhook.id).copied().unwrap_or_default();
            stage(webhook, self.now).map(|stage| Alert { webhook, stage, held })
        };
        List {
            filter,
            webhooks: shown.map(|webhook| self.summary(webhook)).collect(),
            of: self.webhooks.len() as u64,
            inboxes: &self.inboxes,
            totals,
            alerts: self.webhooks.iter().filter_map(alert).collect(),
        }
    }

    fn summary<'a>(&'a self, webhook: &'a Webhook) -> Summary<'a> {
        Summary { webhook, last: self.last.get(&webhook.id), hours: hours(self.activity.get(&webhook.id)) }
    }
}

/// What is to be told of a webhook's troubles, if there are any.
fn stage(webhook: &Webhook, now: Timestamp) -> Option<Stage> {
    match (webhook.enabled, webhook.off_reason) {
        (false, Some(OffReason::Gone)) => Some(Stage::OffGone),
        (false, Some(OffReason::Failing)) => Some(Stage::OffFailing(Some(OFF_AFTER))),
        (false, None) => None,
        (true, _) => webhook.health.stage(now).map(|stage| match stage {
            health::Stage::Exhausted => Stage::Exhausted,
            health::Stage::Failing(span) => Stage::FailingDay(span),
            health::Stage::OffSoon(at) => Stage::OffSoon(at),
        }),
    }
}

fn hours(activity: Option<&Activity>) -> [Hour; 24] {
    let hour = |(up, down): (u32, u32)| Hour { delivered: up.into(), failed: down.into() };
    activity.map_or([Hour::default(); 24], |activity| activity.hours.map(hour))
}

fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

fn matches(webhook: &Webhook, filter: &Filter) -> bool {
    let wanted = filter.q.to_lowercase();
    let text = wanted.is_empty()
        || webhook.title().to_lowercase().contains(&wanted)
        || webhook.url.as_str().to_lowercase().contains(&wanted);
    let inbox = filter.inbox.is_none_or(|inbox| match &webhook.inboxes {
        InboxScope::All => true,
        InboxScope::Selected(ids) => ids.contains(&inbox),
    });
    text && inbox && filter.state.is_none_or(|state| webhook.state == state)
}

/// The row of one webhook: the answer to its switch.
pub async fn row(state: &State, reader: &Rc<Reader>, id: WebhookId) -> Answer {
    let now = reader.now;
    let loaded = state.db.read(move |conn| {
        let webhook = webhooks::find(conn, id)?;
        let inboxes = inboxes::list(conn)?;
        let activity = stats::activity(conn, now)?;
        Ok((webhook, inboxes, activity, stats::last_deliveries(conn)?))
    });
    let (webhook, inboxes, activity, last) = loaded.await?;
    let webhook = webhook.ok_or(PageError::NotFound)?;
    let summary = Summary { webhook: &webhook, last: last.get(&id), hours: hours(activity.get(&id)) };
    page(StatusCode::OK, &Row::new(&reader.shell(), summary, &inboxes))
}

/// Recent deliveries on the overview.
const RECENT: usize = 10;

/// How one webhook is set, and its newest deliveries.
pub async fn overview(state: Data<State>, SignedIn(reader): SignedIn, id: Path<WebhookId>) -> Answer {
    let id = id.into_inner();
    let filter = LogFilter { webhook: Some(id), ..LogFilter::default() };
    let loaded = state.db.read(move |conn| {
        let lines = log::page(conn, &filter, Cursor::Newest, RECENT)?.lines;
        Ok((webhooks::find(conn, id)?, inboxes::list(conn)?, lines, stats::pending(conn, Some(id))?))
    });
    let (webhook, inboxes, lines, held) = loaded.await?;
    let webhook = webhook.ok_or(PageError::NotFound)?;
    let title = webhook.title();
    let recent = lines.iter().map(|line| LogLine {
        delivery: &line.delivery,
        webhook: Some(&title),
        inbox: inbox_name(&inboxes, line.delivery.inbox_id),
        http_status: line.http_status,
        duration_ms: line.duration_ms,
    });
    let alert = stage(&webhook, reader.now).map(|stage| Alert { webhook: &webhook, stage, held: count(held) });
    let paused = webhook.health.paused_until.filter(|until| reader.now < *until);
    let shown = OverviewPage::new(reader.shell(), &webhook, &inboxes, recent.collect());
    page(StatusCode::OK, &shown.with_alert(alert).with_pause(paused).with_probe(webhook.health.probe_at))
}

/// The name of an inbox.
pub fn inbox_name(inboxes: &[Inbox], id: Option<i64>) -> Option<&str> {
    inboxes.iter().find(|inbox| Some(inbox.id) == id).map(|inbox| inbox.name.as_str())
}

/// The webhook of a page, or 404.
pub async fn find(state: &State, id: WebhookId) -> Result<Webhook, PageError> {
    state.db.read(move |conn| webhooks::find(conn, id)).await?.ok_or(PageError::NotFound)
}
