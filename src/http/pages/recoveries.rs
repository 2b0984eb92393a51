//! Sending again everything that failed: counted, confirmed, watched, cancelled.

use std::time::Duration;

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Query};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::{Answer, go, page};
use crate::clock;
use crate::db::recoveries::{self, Found, MOST, Wanted};
use crate::db::webhooks;
use crate::delivery::PER_SECOND;
use crate::domain::catalogue::EventName;
use crate::domain::problem::{Field, Problem, Problems};
use crate::domain::recovery::RecoveryState;
use crate::domain::timestamp::Timestamp;
use crate::http::State;
use crate::http::error::PageError;
use crate::http::form::Form;
use crate::http::reader::{Admin, Reader, SignedIn};
use crate::http::session::Visit;
use crate::views::NoticeKind;
use crate::views::deliveries::{RecoveryPage, RecoveryView, ResendInput, ResendPage};

/// What to send again, as it stands in the query and in the form.
#[derive(Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    webhook: String,
    #[serde(default)]
    event: String,
    /// As `datetime-local` writes it, in the reader's time zone.
    #[serde(default)]
    since: String,
}

impl Asked {
    fn check(&self, reader: &Reader) -> Result<Wanted, Problems> {
        let since = self.since.trim().parse::<DateTime>().ok().and_then(|time| time.to_zoned(zone(reader)).ok());
        let Some(since) = since else { return Err(Problems::one(Field::Since, Problem::SinceInvalid)) };
        Ok(Wanted {
            webhook: self.webhook.parse().ok(),
            event: EventName::parse(&self.event),
            inbox: None,
            since: Timestamp::from_micros(since.timestamp().as_microsecond()),
            until: reader.now,
        })
    }

    fn input<'a>(&'a self, webhooks: Vec<(i64, String)>, problems: &'a Problems) -> ResendInput<'a> {
        ResendInput {
            webhook: self.webhook.parse().ok(),
            webhooks,
            event: EventName::parse(&self.event),
            since: &self.since,
            count: None,
            oldest: None,
            newest: None,
            per_second: PER_SECOND.unsigned_abs(),
            limit: MOST.unsigned_abs(),
            problems,
        }
    }
}

fn zone(reader: &Reader) -> TimeZone {
    let name = reader.user.as_ref().map_or("UTC", |user| &user.time_zone);
    TimeZone::get(name).unwrap_or(TimeZone::UTC)
}

/// A day ago, for a start.
fn yesterday(reader: &Reader) -> String {
    let at = reader.now.before(Duration::from_secs(24 * 3600)).micros();
    let at = jiff::Timestamp::from_microsecond(at).unwrap_or_default().to_zoned(zone(reader));
    at.strftime("%Y-%m-%dT%H:%M").to_string()
}

/// The question, and the count once it is asked.
pub async fn ask(state: Data<State>, Admin(reader): Admin, query: Query<Asked>) -> Answer {
    let mut asked = query.into_inner();
    let titles = state.db.read(titles).await?;
    let none = Problems::default();
    if asked.since.is_empty() {
        asked.since = yesterday(&reader);
        return page(StatusCode::OK, &ResendPage::new(reader.shell(), asked.input(titles, &none)));
    }
    match asked.check(&reader) {
        Err(problems) => refuse(&reader, asked.input(titles, &problems)),
        Ok(wanted) => {
            let Found { count, oldest, newest } = state.db.read(move |conn| recoveries::count(conn, &wanted)).await?;
            let input = ResendInput { count: Some(count as u64), oldest, newest, ..asked.input(titles, &none) };
            page(StatusCode::OK, &ResendPage::new(reader.shell(), input))
        }
    }
}

fn refuse(reader: &Reader, input: ResendInput) -> Answer {
    page(StatusCode::UNPROCESSABLE_ENTITY, &ResendPage::new(reader.shell(), input))
}

/// Only webhooks that are there can be sent to.
fn titles(conn: &mut crate::db::DbConnection) -> Result<Vec<(i64, String)>, crate::db::Error> {
    Ok(webhooks::list(conn)?.iter().map(|webhook| (webhook.id, webhook.title())).collect())
}

/// Begins.
pub async fn start(state: Data<State>, Admin(reader): Admin, session: Session, form: Form) -> Answer {
    let text = |name: &str| form.get(name).to_owned();
    let asked = Asked { webhook: text("webhook"), event: text("event"), since: text("since") };
    let begun = match asked.check(&reader) {
        Err(problems) => {
            let titles = state.db.read(titles).await?;
            return refuse(&reader, asked.input(titles, &problems));
        }
        Ok(wanted) => state.db.write(move |conn| recoveries::start(conn, &wanted, clock::now())).await?,
    };
    match begun {
        Some((id, _)) => {
            Visit(session).leave_notice(NoticeKind::RecoveryStarted.as_str());
            Ok(go(&reader, &format!("/recoveries/{id}")))
        }
        // It was sent by somebody else meanwhile.
        None => Ok(go(&reader, "/deliveries/resend")),
    }
}

/// How far a recovery is.
pub async fn show(state: Data<State>, SignedIn(reader): SignedIn, id: Path<i64>) -> Answer {
    render(&state, &reader, *id).await
}

async fn render(state: &State, reader: &Reader, id: i64) -> Answer {
    let loaded = state.db.read(move |conn| Ok((recoveries::find(conn, id)?, webhooks::titles(conn)?)));
    let (found, titles) = loaded.await?;
    let found = found.ok_or(PageError::NotFound)?;
    let webhook = titles.iter().find(|(id, _)| Some(*id) == found.webhook);
    let view = RecoveryView {
        id,
        webhook: webhook.map(|(id, title)| (*id, title.as_str())),
        total: found.total.unsigned_abs().into(),
        sent: found.sent.unsigned_abs().into(),
        delivered: found.delivered.unsigned_abs(),
        failed: found.failed.unsigned_abs(),
        state: match (found.ended_at, found.cancelled) {
            (None, _) => RecoveryState::Running,
            (Some(_), true) => RecoveryState::Cancelled,
            (Some(_), false) => RecoveryState::Done,
        },
        started_at: found.started_at,
        ended_at: found.ended_at,
    };
    let shown = RecoveryPage::new(reader.shell(), view);
    if reader.htmx { page(StatusCode::OK, &shown.as_recovery()) } else { page(StatusCode::OK, &shown) }
}

/// Ends a recovery; what it has made already goes on.
pub async fn cancel(state: Data<State>, Admin(reader): Admin, session: Session, id: Path<i64>, _form: Form) -> Answer {
    let id = id.into_inner();
    let cancelled = state.db.write(move |conn| recoveries::cancel(conn, id, clock::now())).await?;
    if reader.htmx {
        return render(&state, &reader, id).await;
    }
    if cancelled {
        Visit(session).leave_notice(NoticeKind::RecoveryCancelled.as_str());
    }
    Ok(go(&reader, &format!("/recoveries/{id}")))
}
