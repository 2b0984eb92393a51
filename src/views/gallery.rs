//! Every page with realistic values, in both languages: what the tests look at, and people too.
//!
//! `HACHOK_GALLERY=folder cargo test render_gallery -- --ignored` writes the pages into a folder.
#![expect(clippy::expect_used, reason = "a test may panic")]

use std::time::Duration;

use super::samples::{self, NOW};
use super::*;
use crate::domain::authorization::Method;
use crate::domain::catalogue::EventName;
use crate::domain::delivery::Status;
use crate::domain::problem::{Field, Problem, Problems};
use crate::domain::user::{Language, Role, User};
use crate::forms::webhook::{HeaderRow, WebhookForm};
use crate::i18n::Translator;

/// The name of a page and its HTML.
pub type Picture = (&'static str, String);

/// All pages in one language, as `role` sees them.
pub fn pictures(language: Language, role: Role) -> Vec<Picture> {
    let user = samples::user(language, role);
    let mut all = lists(language, &user);
    all.extend(of_one_webhook(language, &user));
    all.extend(forms_of(language, &user));
    all.extend(tests_of(language, &user));
    all.extend(deliveries_of(language, &user));
    all.extend(others(language, &user));
    all
}

fn shell<'a>(language: Language, user: &'a User, path: &'a str) -> Shell<'a> {
    let t = Translator::new(language, NOW).in_zone(&user.time_zone);
    Shell { user: Some(user), failed_24h: 28, ..Shell::new(t, path, "f3c0ffee") }
}

fn html(page: &impl Html) -> String {
    page.html().expect("a page renders")
}

fn lists(language: Language, user: &User) -> Vec<Picture> {
    let (all, inboxes) = (samples::webhooks(language), samples::inboxes(language));
    let deliveries = [
        samples::delivery(1, 1, Status::Success),
        samples::delivery(2, 2, Status::Success),
        samples::delivery(3, 3, Status::Pending),
        samples::delivery(124, 4, Status::Failed),
    ];
    let day = [17, 18, 15, 16, 19, 17, 15, 12, 9, 7, 6, 4, 3, 2, 1, 1, 1, 0, 0, 1, 1, 4, 8, 13];
    let activity = [
        samples::hours(day, &[(3, 1), (21, 2), (22, 3), (23, 1)]),
        samples::hours(day.map(|count| count + 3), &[]),
        samples::hours(day.map(|count| count / 6), &[(18, 2), (19, 3), (20, 3), (21, 4)]),
        samples::hours([0; 24], &[(0, 1), (3, 1), (8, 1), (16, 1)]),
        samples::hours([0; 24], &[]),
    ];
    let summary = |(place, webhook)| webhooks::Summary {
        webhook,
        last: deliveries.get(place),
        hours: activity.get(place).copied().unwrap_or_default(),
    };
    let alert = |webhook| webhooks::Alert { webhook, failing_for: Some(Duration::from_secs(432_000)), held: 38 };
    let full = webhooks::List {
        filter: webhooks::Filter::default(),
        webhooks: all.iter().enumerate().map(summary).collect(),
        of: 5,
        inboxes: &inboxes,
        totals: webhooks::Totals { delivered: 1120, failed: 28, pending: 12 },
        alerts: all.get(3).map(alert).into_iter().collect(),
    };
    let filter = webhooks::Filter { q: "zzz", state: None, inbox: Some(2) };
    let none = webhooks::List { filter, of: 5, inboxes: &inboxes, ..webhooks::List::default() };
    let done = Shell { notice: Some(Notice::Done(NoticeKind::WebhookDeleted)), ..shell(language, user, "/webhooks") };
    let full = webhooks::ListPage::new(shell(language, user, "/webhooks?q=a"), full);
    vec![
        ("list", html(&full)),
        ("list-fragment", html(&full.as_list())),
        ("list-no-match", html(&webhooks::ListPage::new(shell(language, user, "/webhooks?q=zzz"), none))),
        ("list-empty", html(&webhooks::ListPage::new(done, webhooks::List::default()))),
    ]
}

fn of_one_webhook(language: Language, user: &User) -> Vec<Picture> {
    let (all, inboxes) = (samples::webhooks(language), samples::inboxes(language));
    let crm = all.first().expect("five webhooks");
    let off = all.get(3).expect("five webhooks");
    let deliveries: Vec<_> =
        (1..=6).map(|n| samples::delivery(n, 1, if n == 3 { Status::Pending } else { Status::Success })).collect();
    let lines = deliveries.iter().map(|delivery| line(delivery, "CRM"));
    let at = |path| shell(language, user, path);
    vec![
        ("webhook", html(&webhooks::OverviewPage::new(at("/webhooks/1"), crm, &inboxes, lines.collect()))),
        ("webhook-new", html(&webhooks::OverviewPage::new(at("/webhooks/4"), off, &inboxes, Vec::new()))),
        ("delete", html(&webhooks::DeletePage::new(at("/webhooks/1/delete"), crm, 21, 30))),
        ("secret", html(&webhooks::SecretPage::new(at("/webhooks/1/secret"), crm, None))),
        (
            "secret-new",
            html(&webhooks::SecretPage::new(
                at("/webhooks/1/secret"),
                off,
                Some("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
            )),
        ),
    ]
}

fn forms_of(language: Language, user: &User) -> Vec<Picture> {
    let (all, inboxes) = (samples::webhooks(language), samples::inboxes(language));
    let none = Problems::default();
    let crm = all.first().expect("five webhooks");
    let mut stored = WebhookForm::of(crm);
    stored.inbox_scope = "selected".into();
    stored.inboxes = vec!["1".into(), "4".into()];
    let blank = WebhookForm::blank(Vec::new());
    let (bad, problems) = bad_form();
    let odd = Problems::one(Field::Url, Problem::UrlTaken { name: "Duty bot".into() });
    let page = |path, webhook, form, problems, warnings| {
        let input = webhooks::FormInput { webhook, form, inboxes: &inboxes, problems, warnings };
        html(&webhooks::FormPage::new(shell(language, user, path), input))
    };
    vec![
        ("form-new", page("/webhooks/new", None, &blank, &none, &none)),
        ("form", page("/webhooks/1/edit", Some(crm), &stored, &none, &odd)),
        ("form-errors", page("/webhooks/new", None, &bad, &problems, &none)),
        ("form-errors-fragment", html(&webhooks::FormErrors::new(shell(language, user, "").t, &problems, 1))),
        ("header-row-fragment", html(&webhooks::NewHeaderRow::new(shell(language, user, "").t, 3))),
    ]
}

fn bad_form() -> (WebhookForm, Problems) {
    let mut form = WebhookForm::blank(Vec::new());
    form.name = "<script>alert('name')</script>".into();
    form.url = "http://crm.example.com/hooks".into();
    form.auth = Method::Basic.as_str().into();
    form.basic_login = "a:b".into();
    form.basic_password = "typed-secret-1".into();
    form.headers = vec![HeaderRow { name: "Host".into(), value: "typed-secret-2".into(), hide: true, remove: false }];
    let mut problems = Problems::one(Field::Url, Problem::UrlNotHttps);
    problems.add(Field::BasicLogin, Problem::LoginHasColon);
    problems.add(Field::Events, Problem::EventsMissing);
    problems.add(Field::HeaderName(0), Problem::HeaderNameReserved { name: "Host".into() });
    (form, problems)
}

fn tests_of(language: Language, user: &User) -> Vec<Picture> {
    let all = samples::webhooks(language);
    let crm = all.first().expect("five webhooks");
    let (none, attempts, success) = (Problems::default(), samples::attempts(), samples::success());
    let wrong = Problems::one(Field::TestBody, Problem::JsonInvalid);
    let id = samples::delivery(1, 1, Status::Success).id;
    let page = |event: EventName, problems, attempt: Option<&_>| {
        let sent = attempt.map(|attempt| (id, attempt));
        let form = webhooks::TestForm { event, body: event.sample(), problems, sent };
        html(&webhooks::TestPage::new(shell(language, user, "/webhooks/1/test"), crm, form))
    };
    vec![
        ("test", page(EventName::WebhookTest, &none, None)),
        ("test-ok", page(EventName::WebhookTest, &none, Some(&success))),
        ("test-failed", page(EventName::MessageCreated, &wrong, attempts.last())),
    ]
}

fn line<'a>(delivery: &'a crate::domain::delivery::Delivery, title: &'a str) -> deliveries::LogLine<'a> {
    let answered = delivery.status != Status::Pending || delivery.attempts > 0;
    deliveries::LogLine {
        delivery,
        webhook: (delivery.webhook_id != 9).then_some(title),
        inbox: Some("Telegram"),
        http_status: answered.then_some(if delivery.status == Status::Success { 200 } else { 503 }),
        duration_ms: answered.then_some(182),
    }
}

fn deliveries_of(language: Language, user: &User) -> Vec<Picture> {
    let all = samples::webhooks(language);
    let crm = all.first().expect("five webhooks");
    let states = [Status::Success, Status::Pending, Status::Failed];
    let some: Vec<_> = (0..18)
        .map(|n| {
            samples::delivery(
                n,
                if n == 5 { 9 } else { n % 4 + 1 },
                states.get(n as usize % 7).copied().unwrap_or(Status::Success),
            )
        })
        .collect();
    let title = |n: i64| all.get(n as usize - 1).map_or_else(|| "—".to_owned(), crate::domain::webhook::Webhook::title);
    let titles: Vec<String> = some.iter().map(|delivery| title(delivery.webhook_id)).collect();
    let log = deliveries::LogInput {
        filter: deliveries::LogFilter { webhook: Some(1), ..deliveries::LogFilter::default() },
        lines: some.iter().zip(&titles).map(|(delivery, title)| line(delivery, title)).collect(),
        webhooks: all.iter().map(|webhook| (webhook.id, webhook.title())).collect(),
        newer: Some("n&1".into()),
        older: Some("o2".into()),
        retention_days: 30,
    };
    let (attempts, open, done) =
        (samples::attempts(), samples::delivery(3, 1, Status::Pending), samples::delivery(1, 1, Status::Success));
    let failed = samples::delivery(2, 1, Status::Failed);
    let success = [samples::success()];
    let view = |delivery, attempts, body| deliveries::DeliveryView {
        delivery,
        webhook: Some(crm),
        inbox: Some("Telegram"),
        attempts,
        schedule: 10,
        body,
        chosen: None,
        retention_days: 30,
    };
    let sample: &[u8] = EventName::MessageUpdated.sample().as_bytes();
    let at = |path| shell(language, user, path);
    let log = deliveries::LogPage::new(at("/deliveries"), log);
    let open = deliveries::DeliveryPage::new(at("/deliveries/1"), view(&open, &attempts, Some(sample)));
    vec![
        ("log", html(&log)),
        ("log-fragment", html(&log.as_log())),
        (
            "log-empty",
            html(&deliveries::LogPage::new(
                at("/deliveries"),
                deliveries::LogInput { retention_days: 30, ..Default::default() },
            )),
        ),
        ("delivery", html(&open)),
        ("delivery-fragment", html(&open.as_delivery())),
        ("delivery-ok", html(&deliveries::DeliveryPage::new(at("/deliveries/1"), view(&done, &success, None)))),
        (
            "delivery-failed",
            html(&deliveries::DeliveryPage::new(at("/deliveries/1"), view(&failed, &attempts, Some(b"<script>")))),
        ),
    ]
}

fn others(language: Language, user: &User) -> Vec<Picture> {
    let (all, inboxes) = (samples::webhooks(language), samples::inboxes(language));
    let at = |path| shell(language, user, path);
    let outside = |path| Shell { user: None, ..at(path) };
    let none = Problems::default();
    let wrong = Problems::one(Field::InboxName, Problem::InboxNameMissing);
    let mut short = Problems::one(Field::Email, Problem::EmailInvalid);
    short.add(Field::Password, Problem::AccountPasswordTooShort);
    let rows =
        inboxes.iter().map(|inbox| inboxes::Row { inbox, webhooks: all.iter().take(inbox.id as usize % 3).collect() });
    let inbox = inboxes.first().expect("four inboxes");
    let typed = session::SetUp { token: "one-time", name: "Олена", email: "olena", time_zone: "Europe/Kyiv" };
    vec![
        ("inboxes", html(&inboxes::ListPage::new(at("/inboxes"), rows.collect(), inboxes::Typed::default(), &none))),
        ("inboxes-empty", html(&inboxes::ListPage::new(at("/inboxes"), Vec::new(), inboxes::Typed::default(), &wrong))),
        ("inbox-edit", html(&inboxes::EditPage::new(at("/inboxes/1/edit"), inbox, inboxes::Typed::of(inbox), &none))),
        (
            "set-up",
            html(&session::SetUpPage::new(
                outside("/setup"),
                session::SetUp { token: "one-time", ..Default::default() },
                &none,
            )),
        ),
        ("set-up-errors", html(&session::SetUpPage::new(outside("/setup"), typed, &short))),
        ("sign-in", html(&session::SignInPage::new(outside("/sign-in"), "", "/webhooks", None))),
        (
            "sign-in-wait",
            html(&session::SignInPage::new(
                outside("/sign-in"),
                "olena@example.com",
                "/",
                Some(session::Refusal::Wait(30)),
            )),
        ),
        ("error-404", html(&errors::ErrorPage::new(at("/nowhere"), &errors::Fault::NotFound))),
        ("error-500", html(&errors::ErrorPage::new(outside("/"), &errors::Fault::Server("req_7f21".into())))),
    ]
}

#[test]
#[ignore = "writes files for people to look at"]
fn render_gallery() {
    let folder = std::path::PathBuf::from(std::env::var("HACHOK_GALLERY").expect("HACHOK_GALLERY names a folder"));
    for language in Language::ALL {
        for (role, ending) in [(Role::Admin, ""), (Role::Viewer, "-viewer")] {
            for (name, html) in pictures(*language, role) {
                let path = folder.join(format!("{name}{ending}.{}.html", language.as_str()));
                std::fs::write(path, html).expect("the folder takes files");
            }
        }
    }
}
