//! Pictures of the delivery log and of single deliveries.

use super::{Picture, html, layout};
use crate::domain::accounts::user::{Language, Role, User};
use crate::domain::clock_field::{self, Edge};
use crate::domain::deliveries::Status;
use crate::domain::deliveries::failure_cause::FailureCause;
use crate::domain::deliveries::log_filter::LogFilter;
use crate::domain::deliveries::state::{Obstacle, Progress};
use crate::domain::events::catalogue::EventName;
use crate::domain::id::{InboxId, WebhookId};
use crate::views::deliveries;
use crate::views::testing::fixtures;

pub(super) fn line<'a>(delivery: &'a crate::domain::deliveries::Delivery, title: &'a str) -> deliveries::LogLine<'a> {
    let answered = delivery.status != Status::Pending || delivery.attempts > 0;
    deliveries::LogLine {
        delivery,
        webhook: (delivery.webhook_id.0 != 9).then_some(title),
        inbox: Some("Telegram"),
        progress: Progress::of(delivery, (delivery.webhook_id.0 == 4).then_some(Obstacle::Off), fixtures::NOW),
        cause: (answered && delivery.status != Status::Success).then_some(FailureCause::HttpStatus),
        found_attempt: (delivery.attempts > 2).then_some(1),
        http_status: answered.then_some(if delivery.status == Status::Success { 200 } else { 503 }),
        duration_ms: answered.then_some(182),
    }
}

pub(super) fn logs_of(language: Language, user: &User) -> Vec<Picture> {
    let all = fixtures::webhooks(language);
    let some: Vec<_> = (0..18).map(|n| fixtures::delivery(n, if n == 5 { 9 } else { n % 4 + 1 }, status(n))).collect();
    let title = |id: WebhookId| all.iter().find(|webhook| webhook.id == id).map(|webhook| webhook.title());
    let titles: Vec<String> = some.iter().map(|delivery| title(delivery.webhook_id).unwrap_or_default()).collect();
    let full = deliveries::LogInput {
        filter: LogFilter {
            webhooks: vec![WebhookId(1)],
            test: Some(false),
            from: clock_field::time("2026-11-20T09:00", &user.time_zone, Edge::Start),
            q: "<b>&".into(),
            ..LogFilter::default()
        },
        count: Some(deliveries::Matching { count: 1_000, is_exact: false }),
        is_live: true,
        unrecognised: vec!["event", "to"],
        inboxes: vec![(InboxId(1), "Telegram".into())],
        news: Some(deliveries::News { seen: fixtures::delivery(0, 1, Status::Success).id, count: 3 }),
        lines: some.iter().zip(&titles).map(|(delivery, title)| line(delivery, title)).collect(),
        webhooks: all.iter().map(|webhook| (webhook.id, webhook.title())).collect(),
        newer: Some("n&1".into()),
        older: Some("o2".into()),
        retention_days: 30,
        ..deliveries::LogInput::default()
    };
    let empty = deliveries::LogInput { retention_days: 30, ..deliveries::LogInput::default() };
    let page = |log| deliveries::LogPage::new(layout(language, user, "/deliveries"), log);
    let filter = || LogFilter { q: "замовлення".into(), ..LogFilter::default() };
    let cut = deliveries::LogInput {
        filter: filter(),
        looked_until: Some(fixtures::ago(9000)),
        older: Some("o2".into()),
        ..empty.clone()
    };
    let none = deliveries::LogInput { filter: filter(), ..empty.clone() };
    let full = page(full);
    vec![
        ("log", html(&full)),
        ("log-fragment", html(&full.as_log())),
        ("log-news-fragment", html(&full.as_news())),
        ("log-empty", html(&page(empty))),
        ("log-cut", html(&page(cut))),
        ("log-no-match", html(&page(none))),
    ]
}

pub(super) fn status(number: i64) -> Status {
    match number % 7 {
        1 => Status::Pending,
        2 => Status::Failed,
        _ => Status::Success,
    }
}

pub(super) fn deliveries_of(language: Language, user: &User) -> Vec<Picture> {
    let all = fixtures::webhooks(language);
    let (attempts, success) = (fixtures::attempts(), [fixtures::success()]);
    let [open, done, failed] = [(3, Status::Pending), (1, Status::Success), (2, Status::Failed)]
        .map(|(n, status)| fixtures::delivery(n, 1, status));
    let others = [fixtures::delivery(6, 1, Status::Pending), fixtures::delivery(8, 1, Status::Success)];
    let page = |delivery, attempts, body, other_deliveries, raw| {
        let view = deliveries::DeliveryView {
            delivery,
            webhook: all.first(),
            inbox: Some("Telegram"),
            other_deliveries,
            neighbours: (Some(fixtures::delivery(2, 1, Status::Success).id), None),
            resend_of: None,
            resent_as: None,
            sent_again: None,
            attempts,
            answers_hidden: user.role == Role::Viewer,
            schedule: 10,
            body,
            chosen: if raw { Some(2) } else { None },
            raw,
            retention_days: 30,
        };
        deliveries::DeliveryPage::new(layout(language, user, "/deliveries/dlv_1"), view)
    };
    let body = EventName::MessageUpdated.sample();
    let open = page(&open, &attempts, Some(body.as_bytes()), &[][..], false);
    vec![
        ("delivery", html(&open)),
        ("delivery-fragment", html(&open.as_delivery())),
        ("delivery-attempts-fragment", html(&open.as_attempts())),
        ("delivery-ok", html(&page(&done, &success, None, &others[..], false))),
        ("delivery-raw", html(&page(&failed, &attempts, Some(body.as_bytes()), &[][..], true))),
        ("delivery-failed", html(&page(&failed, &attempts, Some(b"<script>"), &[][..], false))),
    ]
}
