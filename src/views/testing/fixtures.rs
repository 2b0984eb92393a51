//! Values as a busy help desk would have them, for the tests of the pages.

use std::time::Duration;

use crate::domain::accounts::user::{Language, Role, User};
use crate::domain::deliveries::failure_cause::FailureCause;
use crate::domain::deliveries::state::OpenCounts;
use crate::domain::deliveries::{Attempt, AttemptOutcome, Delivery, Reason, Response, Status, Trigger};
use crate::domain::events::catalogue::EventName;
use crate::domain::id::{DeliveryId, EventId, InboxId, UserId, WebhookId};
use crate::domain::inboxes::Inbox;
use crate::domain::timestamp::Timestamp;
use crate::domain::webhooks::authorization::{Method, ShownAuthorization};
use crate::domain::webhooks::chart_range::Range;
use crate::domain::webhooks::header::ShownHeader;
use crate::domain::webhooks::header::name::HeaderName;
use crate::domain::webhooks::target_url::TargetUrl;
use crate::domain::webhooks::{InboxScope, State, Webhook};
use crate::views::webhooks::{AnswerTimes, ChartInput, Hour};

/// 21 November 2026, 09:25:00 in Kyiv.
pub const NOW: Timestamp = Timestamp::from_seconds(1_795_245_900);

pub fn ago(minutes: u64) -> Timestamp {
    NOW.before(Duration::from_secs(60 * minutes))
}

pub fn user(language: Language, role: Role) -> User {
    let name = match language {
        Language::En => "Olena Koval",
        Language::Uk => "Олена Коваль",
    };
    User {
        id: UserId(1),
        email: "olena@example.com".into(),
        name: name.into(),
        role,
        language: Some(language),
        theme: None,
        time_zone: "Europe/Kyiv".into(),
        disabled_at: None,
        created_at: ago(90_000),
        last_sign_in_at: Some(ago(60)),
    }
}

pub fn inboxes(language: Language) -> Vec<Inbox> {
    let website = if language == Language::Uk { "Чат на сайті" } else { "Website chat" };
    let mail = if language == Language::Uk { "Пошта support@" } else { "Email support@" };
    let kinds = [
        ("Telegram", "Channel::Telegram"),
        ("Viber", "Channel::Api"),
        (website, "Channel::WebWidget"),
        (mail, "Channel::Email"),
    ];
    let inbox = |(place, (name, kind)): (usize, (&str, &str))| Inbox {
        id: InboxId(place as i64 + 1),
        connection_id: None,
        external_id: (place != 3).then(|| (place + 7).to_string()),
        name: name.into(),
        unnamed: None,
        channel_type: Some(kind.into()),
        archived_at: (place == 3).then(|| ago(500)),
        created_at: ago(90_000),
        updated_at: ago(90_000),
    };
    kinds.into_iter().enumerate().map(inbox).collect()
}

fn webhook(id: i64, name: &str, url: &str) -> Webhook {
    Webhook {
        id: WebhookId(id),
        name: Some(name.into()),
        url: TargetUrl::from_stored(url).expect("a good URL"),
        authorization: ShownAuthorization { method: Method::Bearer, name: String::new(), saved_at: Some(ago(57_600)) },
        events: EventName::first_six().to_vec(),
        inboxes: InboxScope::All,
        headers: Vec::new(),
        options: crate::domain::webhooks::options::Options::default(),
        enabled: true,
        settling: None,
        backlog_full_since: None,
        off_since: None,
        state: State::Active,
        health: crate::domain::webhooks::health::Health::default(),
        off_reason: None,
        secret_created_at: ago(57_600),
        old_secret_until: None,
        version: 3,
        created_at: ago(57_600),
        updated_at: ago(300),
    }
}

pub fn webhooks(language: Language) -> Vec<Webhook> {
    let uk = language == Language::Uk;
    let name = |en, ua| if uk { ua } else { en };
    let mut crm =
        webhook(1, name("CRM: customer cards", "CRM: картки клієнтів"), "https://crm.example.com/hooks/support-desk");
    crm.headers = vec![header("x-source", Some("support-desk")), header("x-tenant-key", None)];
    crm.old_secret_until = Some(NOW.after(Duration::from_secs(80_000)));
    let mut warehouse = webhook(
        2,
        name("Analytics warehouse", "Сховище аналітики"),
        "https://ingest.analytics.example.net/v1/events?source=desk",
    );
    warehouse.events = EventName::ALL.get(..9).unwrap_or_default().to_vec();
    warehouse.inboxes = InboxScope::Selected(vec![InboxId(1), InboxId(2)]);
    warehouse.authorization =
        ShownAuthorization { method: Method::Basic, name: "desk".into(), saved_at: Some(ago(5000)) };
    let mut bot = webhook(3, name("Duty bot alerts", "Сповіщення чергового бота"), "https://bots.example.org/duty");
    bot.events = vec![EventName::MessageCreated, EventName::TicketCreated];
    bot.inboxes = InboxScope::Selected(vec![InboxId(1)]);
    bot.state = State::Failing;
    let mut erp = webhook(4, name("Legacy ERP", "Стара ERP"), "https://erp.example.com:8443/api/webhook");
    erp.inboxes = InboxScope::Selected(vec![InboxId(4)]);
    (erp.enabled, erp.state) = (false, State::AutoDisabled);
    let mut sandbox = webhook(5, "QA", "https://webhook-qa.example.net/inbox/7f21");
    (sandbox.name, sandbox.enabled, sandbox.state) = (None, false, State::Disabled);
    sandbox.authorization =
        ShownAuthorization { method: Method::Custom, name: "x-api-key".into(), saved_at: Some(ago(10)) };
    vec![crm, warehouse, bot, erp, sandbox]
}

/// Webhooks whose names and URLs are hard to fit.
pub fn long_names() -> Vec<Webhook> {
    let long = format!("https://n8n.example.com/{}/end", "a".repeat(2020));
    [
        ("W".repeat(120), long.as_str()),
        ("https://n8n.example.com/webhook/2f1c9d6e_8a7b_4c3d_9e2f_1234567890ab".into(), long.as_str()),
        ("Донаверхнійрядокбезпробілівщоперевіритиперенесення".into(), "https://crm.example.com/hooks/v1/support-desk"),
        ("خدمة_العملاء_والدعم_الفني_للشرق_الأوسط".into(), "https://ar.example.com/hook"),
        ("שירות לקוחות 📞📦🚚👩‍👩‍👧‍👦".into(), "https://he.example.com/hook"),
    ]
    .into_iter()
    .zip(11..)
    .map(|((name, url), id)| webhook(id, &name, url))
    .collect()
}

fn header(name: &str, value: Option<&str>) -> ShownHeader {
    let saved_at = value.is_none().then(|| ago(57_600));
    ShownHeader { name: HeaderName::from_stored(name.into()), value: value.map(str::to_owned), saved_at }
}

/// `failed` are places, failed deliveries and failed attempts.
fn hours(delivered: [u64; 24], failed: &[(usize, u64, u64)]) -> [Hour; 24] {
    let mut hours = delivered.map(|delivered| Hour { delivered, ..Hour::default() });
    for (hour, count, attempts) in failed {
        if let Some(hour) = hours.get_mut(*hour) {
            (hour.failed, hour.failed_attempts) = (*count, *attempts);
        }
    }
    hours
}

pub fn delivery(number: i64, webhook: i64, status: Status) -> Delivery {
    let base = (ago(number.unsigned_abs()).micros() - 1_577_836_800_000_000) << 12;
    let events = EventName::ALL;
    let open = status == Status::Pending;
    Delivery {
        id: DeliveryId(base + number),
        event_id: EventId(base + 1000 + number),
        event: events.get(number.unsigned_abs() as usize % events.len()).copied().unwrap_or(EventName::MessageCreated),
        webhook_id: WebhookId(webhook),
        inbox_id: Some(InboxId(1)),
        status,
        reason: (status == Status::Failed).then_some(Reason::Exhausted),
        trigger: if number == 4 { Trigger::Test } else { Trigger::Event },
        attempts: if open { 3 } else { 1 },
        steps: if open { 3 } else { 1 },
        next_attempt_at: open.then(|| NOW.after(Duration::from_secs(720))),
        leased_until: None,
        created_at: ago(number.unsigned_abs() * 3),
        finished_at: (!open).then(|| ago(number.unsigned_abs() * 3)),
        resend_of: None,
        recovery_id: None,
    }
}

/// Three attempts: a timeout, then 503 twice, with a body of HTML that must not become markup.
pub fn attempts() -> Vec<Attempt> {
    let headers = [
        ("Authorization", "Bearer [hidden]"),
        ("Content-Type", "application/json"),
        ("Webhook-Id", "evt_06cwpnsz2wd9z"),
        ("Webhook-Timestamp", "1795245760"),
        ("Webhook-Signature", "v1,[hidden]"),
        ("X-Source", "support-desk"),
    ];
    let attempt = |number: i32, minutes: u64, duration: i64, cause: FailureCause| Attempt {
        number,
        started_at: ago(minutes),
        duration_ms: Some(duration),
        outcome: AttemptOutcome::Failed,
        cause: Some(cause),
        remote_ip: Some("203.0.113.7".into()),
        request_headers: headers.map(|(name, value)| (name.into(), value.into())).to_vec(),
        response: (cause == FailureCause::HttpStatus).then(unavailable),
    };
    vec![
        attempt(1, 9, 15_004, FailureCause::Timeout),
        attempt(2, 8, 988, FailureCause::HttpStatus),
        attempt(3, 3, 1204, FailureCause::HttpStatus),
    ]
}

fn unavailable() -> Response {
    let headers = [("content-type", "text/html; charset=utf-8"), ("retry-after", "900"), ("server", "nginx")];
    Response {
        status: 503,
        headers: headers.map(|(name, value)| (name.into(), value.into())).to_vec(),
        body: b"<html>\n<head><title>503 Service Temporarily Unavailable</title></head>\n<script>alert(1)</script>"
            .to_vec(),
        truncated: false,
    }
}

/// An attempt that succeeded.
pub fn success() -> Attempt {
    let mut attempt = attempts().pop().expect("three attempts");
    attempt.outcome = AttemptOutcome::Succeeded;
    attempt.cause = None;
    attempt.number = 1;
    attempt.duration_ms = Some(182);
    let headers = vec![("content-type".into(), "application/json".into())];
    attempt.response = Some(Response { status: 200, headers, body: b"{\"ok\":true}".to_vec(), truncated: false });
    attempt
}

/// The newest deliveries of the first four webhooks.
pub fn latest() -> [Delivery; 4] {
    [
        delivery(1, 1, Status::Success),
        delivery(2, 2, Status::Success),
        delivery(3, 3, Status::Pending),
        delivery(124, 4, Status::Failed),
    ]
}

/// The last 24 hours of each of the five webhooks.
pub fn activity() -> [[Hour; 24]; 5] {
    let day = [17, 18, 15, 16, 19, 17, 15, 12, 9, 7, 6, 4, 3, 2, 1, 1, 1, 0, 0, 1, 1, 4, 8, 13];
    [
        hours(day, &[(3, 1, 2), (21, 2, 5), (22, 3, 7), (23, 1, 4)]),
        hours(day.map(|count| count + 3), &[]),
        hours(day.map(|count| count / 6), &[(18, 2, 2), (19, 3, 6), (20, 3, 3), (21, 4, 9)]),
        hours([0; 24], &[(0, 1, 1), (3, 1, 1), (8, 1, 1), (16, 1, 1), (22, 0, 6)]),
        hours([0; 24], &[]),
    ]
}

/// The chart of the first webhook.
pub fn chart(range: Range) -> ChartInput {
    let day = activity().first().copied().unwrap_or_default();
    let begin = NOW.seconds() / 3600 + 1 - range.hours();
    let hour = |place: i64| {
        (Timestamp::from_seconds((begin + place) * 3600), day.get(place as usize % 24).copied().unwrap_or_default())
    };
    let answer_times = Some(AnswerTimes { median_ms: 184, p95_ms: 1_204 });
    ChartInput {
        range,
        hours: (0..range.hours()).map(hour).collect(),
        answer_times,
        open: OpenCounts { retrying: 24, held: 3, ..OpenCounts::default() },
    }
}
