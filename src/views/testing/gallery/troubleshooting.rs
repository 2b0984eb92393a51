//! Failing webhooks and what to do about them: banners, held deliveries, sending again, recoveries.

use super::*;
use crate::domain::clock_field::{self, Edge};
use crate::domain::deliveries::log_filter::LogFilter;
use crate::domain::deliveries::recovery::RecoveryState;
use crate::domain::id::{InboxId, RecoveryId, WebhookId};
use crate::domain::webhooks::State;
use crate::domain::webhooks::chart_range::Range;
use crate::views::webhooks::{Alert, Stage};

const DAY: u64 = 86_400;

pub fn pictures(language: Language, user: &User) -> Vec<Picture> {
    let mut all = troubles(language, user);
    all.extend(held(language, user));
    all.extend(resend(language, user));
    all.extend(recoveries(language, user));
    all
}

fn troubles(language: Language, user: &User) -> Vec<Picture> {
    let (all, inboxes) = (fixtures::webhooks(language), fixtures::inboxes(language));
    let stages = [
        Stage::Exhausted,
        Stage::FailingDay(Duration::from_secs(26 * 3600)),
        Stage::OffSoon(NOW.after(Duration::from_secs(DAY))),
        Stage::OffFailing(None),
        Stage::OffGone,
    ];
    let alerts: Vec<_> = all
        .iter()
        .zip(stages)
        .map(|(webhook, stage)| Alert {
            webhook,
            stage,
            held: [0, 0, 0, 38, 3][webhook.id.0 as usize - 1],
            failure: None,
        })
        .collect();
    let list = webhooks::WebhooksInput {
        pagination: webhooks::Pagination::new(1, 50, 120, 120),
        alerts: alerts.clone(),
        ..webhooks::WebhooksInput::default()
    };
    let mut some = vec![("list-alerts", html(&webhooks::WebhooksPage::new(layout(language, user, "/webhooks"), list)))];
    let names =
        ["webhook-exhausted", "webhook-day", "webhook-off-soon", "webhook-off", "webhook-gone", "webhook-off-asked"];
    let off = State::AutoDisabled;
    let states = [State::Active, State::Paused, State::Failing, off, off, off];
    let asked = alerts.last().map(|alert| Alert { stage: Stage::OffAsked, ..*alert });
    for ((name, alert), state) in names.into_iter().zip(alerts.into_iter().chain(asked)).zip(states) {
        let mut webhook = alert.webhook.clone();
        (webhook.state, webhook.enabled) = (state, state != State::AutoDisabled);
        let recent: Vec<_> = (1..=4).map(|n| fixtures::delivery(n, webhook.id.0, status(n))).collect();
        let lines = recent.iter().map(|delivery| line(delivery, "CRM")).collect();
        let page = webhooks::OverviewPage::new(
            layout(language, user, "/webhooks/3"),
            &webhook,
            &inboxes,
            fixtures::chart(Range::Day),
            webhooks::Recent { lines, mark: "2b".into() },
        );
        let page = page
            .with_alert(Alert { webhook: &webhook, ..alert })
            .with_probe(NOW.after(Duration::from_secs(240)))
            .with_pause(NOW.after(Duration::from_secs(900)));
        some.push((name, html(&page)));
    }
    some
}

fn held(language: Language, user: &User) -> Vec<Picture> {
    let all = fixtures::webhooks(language);
    let erp = all.get(3).expect("five webhooks");
    let page = |held| html(&webhooks::HeldPage::new(layout(language, user, "/webhooks/4/held"), erp, held));
    vec![("held", page(1148)), ("held-none", page(0))]
}

fn resend(language: Language, user: &User) -> Vec<Picture> {
    let all = fixtures::webhooks(language);
    let titles: Vec<(WebhookId, String)> = all.iter().map(|webhook| (webhook.id, webhook.title())).collect();
    let (none, wrong) = (Problems::default(), Problems::one(Field::Since, Problem::SinceInvalid));
    let page = |count: Option<u64>, problems| {
        let filter = LogFilter {
            webhooks: vec![WebhookId(2)],
            events: vec![EventName::MessageCreated],
            inboxes: count.map(|_| InboxId(1)).into_iter().collect(),
            from: clock_field::time("2026-11-20T09:00", &user.time_zone, Edge::Start),
            q: if count == Some(0) { "замовлення".into() } else { String::new() },
            ..LogFilter::default()
        };
        let input = deliveries::ResendInput {
            filter: &filter,
            webhooks: titles.clone(),
            inboxes: vec![(InboxId(1), "Telegram".into())],
            running: count.map(|_| RecoveryId(7)).into_iter().collect(),
            recoveries: if count.is_some() { recoveries_done() } else { Vec::new() },
            count,
            oldest: count.map(|_| fixtures::ago(1400)),
            newest: count.map(|_| fixtures::ago(55)),
            per_second: 50,
            limit: 10_000,
            problems,
        };
        html(&deliveries::ResendPage::new(layout(language, user, "/deliveries/resend"), input))
    };
    vec![
        ("resend", page(None, &none)),
        ("resend-found", page(Some(1148), &none)),
        ("resend-many", page(Some(12_021), &none)),
        ("resend-none", page(Some(0), &none)),
        ("resend-errors", page(None, &wrong)),
    ]
}

fn recoveries_done() -> Vec<deliveries::RecoveryRow> {
    let row = |id, state, sent| deliveries::RecoveryRow {
        id: RecoveryId(id),
        webhook: (id != 5).then(|| (WebhookId(2), "Analytics warehouse".to_owned())),
        sent,
        total: 1148,
        started_at: fixtures::ago(1500 / id.unsigned_abs()),
        state,
    };
    vec![row(7, RecoveryState::Running, 412), row(6, RecoveryState::Cancelled, 100), row(5, RecoveryState::Done, 1148)]
}

fn recoveries(language: Language, user: &User) -> Vec<Picture> {
    let page = |state, sent| {
        let view = deliveries::RecoveryView {
            id: RecoveryId(7),
            webhook: (state != RecoveryState::Done).then_some((WebhookId(2), "Analytics warehouse")),
            total: 1148,
            sent,
            delivered: sent - 13,
            failed: 2,
            state,
            started_at: fixtures::ago(2),
            ended_at: (state != RecoveryState::Running).then_some(NOW),
            unsent: Vec::new(),
        };
        deliveries::RecoveryPage::new(layout(language, user, "/recoveries/7"), view)
    };
    let running = page(RecoveryState::Running, 412);
    vec![
        ("recovery", html(&running)),
        ("recovery-fragment", html(&running.as_recovery())),
        ("recovery-done", html(&page(RecoveryState::Done, 1148))),
        ("recovery-cancelled", html(&page(RecoveryState::Cancelled, 412))),
    ]
}
