//! The overview of a webhook: state, chart, newest deliveries, settings.

use std::hash::{DefaultHasher, Hash, Hasher};

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Query};
use serde::Deserialize;

use super::list::{alert, complete, count, inbox_name};
use crate::db::deliveries::hourly_counts::{self, Counted};
use crate::db::deliveries::log::{self, Line};
use crate::db::deliveries::statistics::{self, Answers};
use crate::db::{DbConnection, Error, inboxes, webhooks};
use crate::domain::cursor::Cursor;
use crate::domain::deliveries::log_filter::LogFilter;
use crate::domain::id::WebhookId;
use crate::domain::inboxes::Inbox;
use crate::domain::timestamp::Timestamp;
use crate::domain::webhooks::Webhook;
use crate::domain::webhooks::chart_range::Range;
use crate::http::State;
use crate::http::error::PageError;
use crate::http::pages::{Answer, render};
use crate::http::request::page_context::SignedIn;
use crate::views::deliveries::LogLine;
use crate::views::webhooks::{AnswerTimes, Chart, ChartInput, Hour, OverviewPage, Recent};

/// Recent deliveries on the page.
const RECENT_LINES: usize = 10;

/// The query of the page.
#[derive(Deserialize)]
pub struct Asked {
    /// The range of the chart.
    range: Option<String>,
    /// The mark of the deliveries that the page shows.
    seen: Option<String>,
}

impl Asked {
    fn range(&self) -> Range {
        self.range.as_deref().and_then(Range::parse).unwrap_or(Range::Day)
    }
}

/// The page; for htmx only the chart if a range is given, or only the deliveries, with 204 if they have not changed.
pub async fn show(state: Data<State>, SignedIn(context): SignedIn, id: Path<WebhookId>, asked: Query<Asked>) -> Answer {
    let (id, range, now) = (id.into_inner(), asked.range(), context.now);
    if context.htmx && asked.range.is_some() {
        let chart = state.db.read(move |conn| chart(conn, id, range, now)).await?;
        return render(StatusCode::OK, &Chart::new(context.t(), id, chart));
    }
    let seen = asked.seen.clone().filter(|_| context.htmx);
    let loaded = state.db.read(move |conn| load(conn, id, range, now)).await?;
    let Loaded { webhook, inboxes, lines, chart } = loaded.ok_or(PageError::NotFound)?;
    let inboxes = context.t().named_inboxes(inboxes);
    let (title, mark) = (webhook.title(), mark(&webhook, &lines));
    if seen.as_ref() == Some(&mark) {
        return Ok(HttpResponse::NoContent().finish());
    }
    let lines = lines.iter().map(|line| LogLine {
        delivery: &line.delivery,
        webhook: Some(&title),
        inbox: inbox_name(&inboxes, line.delivery.inbox_id),
        progress: line.progress,
        http_status: line.http_status,
        cause: line.cause,
        found_attempt: line.found_attempt,
        duration_ms: line.duration_ms,
    });
    let recent = Recent { lines: lines.collect(), mark };
    let shown = OverviewPage::new(context.layout(), &webhook, &inboxes, chart, recent);
    if seen.is_some() {
        return render(StatusCode::OK, &shown.as_recent());
    }
    let mut alert = alert(&webhook, now);
    if let Some(alert) = alert.as_mut() {
        complete(&state, alert).await?;
    }
    let paused = webhook.health.paused_until(now);
    let shown = shown.with_alert(alert).with_pause(paused).with_probe(webhook.health.probe_at());
    render(StatusCode::OK, &shown.with_backlog(state.delivery.backlog_per_webhook.into()))
}

/// The values of the page, as loaded.
struct Loaded {
    webhook: Webhook,
    inboxes: Vec<Inbox>,
    lines: Vec<Line>,
    chart: ChartInput,
}

fn load(conn: &mut DbConnection, id: WebhookId, range: Range, now: Timestamp) -> Result<Option<Loaded>, Error> {
    let Some(webhook) = webhooks::find(conn, id)? else { return Ok(None) };
    let filter = LogFilter { webhooks: vec![id], ..LogFilter::default() };
    let lines = log::page(conn, &filter, Cursor::Newest, RECENT_LINES, now)?.lines;
    Ok(Some(Loaded { webhook, inboxes: inboxes::list(conn)?, lines, chart: chart(conn, id, range, now)? }))
}

fn chart(conn: &mut DbConnection, id: WebhookId, range: Range, now: Timestamp) -> Result<ChartInput, Error> {
    let first = hourly_counts::of(now) + 1 - range.hours();
    let counted = hourly_counts::since(conn, &[id], first)?;
    let hour = |hour: i64| {
        let found = counted.iter().find(|counted| counted.hour == hour);
        let sum = |counted: &Counted| Hour {
            delivered: count(counted.delivered),
            failed: count(counted.failed),
            failed_attempts: count(counted.failed_attempts),
        };
        (hourly_counts::begin(hour), found.map(sum).unwrap_or_default())
    };
    let answers = statistics::answers(conn, id, hourly_counts::begin(first))?;
    Ok(ChartInput {
        range,
        hours: (first..first + range.hours()).map(hour).collect(),
        open: statistics::open(conn, Some(id), now)?,
        answer_times: answers.map(|Answers { median_ms, p95_ms }| AnswerTimes { median_ms, p95_ms }),
    })
}

/// A hash of all that the page shows of the deliveries: it changes when they do.
fn mark(webhook: &Webhook, lines: &[Line]) -> String {
    let mut hasher = DefaultHasher::new();
    webhook.enabled.hash(&mut hasher);
    for line in lines {
        let delivery = &line.delivery;
        (delivery.id.0, delivery.attempts, line.http_status).hash(&mut hasher);
        (line.progress.state, delivery.leased_until.is_some(), line.duration_ms).hash(&mut hasher);
    }
    format!("{:016x}", hasher.finish())
}
