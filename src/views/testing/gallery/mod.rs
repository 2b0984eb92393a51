//! Every page with realistic values, in both languages: the tests read them, and people can look at them.
//!
//! `HACHOK_GALLERY=folder cargo test render_gallery -- --ignored` writes the pages into a folder.

mod accounts;
mod chatwoot;
mod deliveries_log;
mod events;
mod troubleshooting;

use std::time::Duration;

use super::fixtures::{self, NOW};
use crate::domain::accounts::user::{Language, Role, User};
use crate::domain::deliveries::Status;
use crate::domain::deliveries::state::OpenCounts;
use crate::domain::events::catalogue::EventName;
use crate::domain::id::{InboxId, WebhookId};
use crate::domain::problem::{Field, Problem, Problems};
use crate::domain::webhooks::authorization::Method;
use crate::domain::webhooks::chart_range::Range;
use crate::domain::webhooks::verification::mistake::Mistake;
use crate::domain::webhooks::verification::{Finding, first_difference};
use crate::forms::header_row::HeaderRow;
use crate::forms::webhook::WebhookForm;
use crate::i18n::Translator;
use crate::views::accounts::sign_in;
use crate::views::*;
use deliveries_log::{line, status};

/// The name of a page and its HTML.
pub type Picture = (&'static str, String);

/// All pages in one language, as `role` sees them.
pub fn pictures(language: Language, role: Role) -> Vec<Picture> {
    let user = fixtures::user(language, role);
    let mut all = lists(language, &user);
    all.extend(of_one_webhook(language, &user));
    all.extend(forms_of(language, &user));
    all.extend(tests_of(language, &user));
    all.extend(deliveries_log::deliveries_of(language, &user));
    all.extend(deliveries_log::logs_of(language, &user));
    all.extend(troubleshooting::pictures(language, &user));
    all.extend(events::pictures(language, &user));
    all.extend(inboxes_of(language, &user));
    all.extend(chatwoot::pictures(language, &user));
    all.extend(accounts::pictures(language, &user));
    all.extend(others(language, &user));
    all
}

fn layout<'a>(language: Language, user: &'a User, path: &'a str) -> Layout<'a> {
    let t = Translator::new(language, NOW).in_zone(&user.time_zone);
    Layout { user: Some(user), failed_attempts_24h: 28, ..Layout::new(t, path, "f3c0ffee") }
}

fn html(page: &impl Html) -> String {
    page.html().expect("a page renders")
}

fn lists(language: Language, user: &User) -> Vec<Picture> {
    let (all, inboxes) = (fixtures::webhooks(language), fixtures::inboxes(language));
    let (deliveries, activity) = (fixtures::latest(), fixtures::activity());
    let summary = |(place, webhook)| webhooks::Summary {
        webhook,
        last: deliveries.get(place),
        hours: activity.get(place).copied().unwrap_or_default(),
    };
    let alert = |webhook| webhooks::Alert {
        webhook,
        stage: webhooks::Stage::OffFailing(Some(Duration::from_secs(432_000))),
        held: 38,
        failure: None,
    };
    let full = webhooks::WebhooksInput {
        filter: webhooks::WebhookFilter::default(),
        webhooks: all.iter().enumerate().map(summary).collect(),
        pagination: webhooks::Pagination::new(1, 50, 5, 5),
        inboxes: &inboxes,
        totals: webhooks::Totals {
            day: webhooks::Hour { delivered: 1120, failed: 28, failed_attempts: 41 },
            open: OpenCounts { queued: 2, retrying: 24, waiting: 0, held: 62 },
        },
        alerts: all.get(3).map(alert).into_iter().collect(),
    };
    let long = fixtures::long_names();
    let names = webhooks::WebhooksInput {
        webhooks: long.iter().enumerate().map(summary).collect(),
        pagination: webhooks::Pagination::new(1, 50, 5, 5),
        inboxes: &inboxes,
        ..webhooks::WebhooksInput::default()
    };
    let filter = webhooks::WebhookFilter { q: "zzz", inbox: Some(InboxId(2)), ..Default::default() };
    let none = webhooks::WebhooksInput {
        filter,
        pagination: webhooks::Pagination::new(1, 50, 0, 5),
        inboxes: &inboxes,
        ..webhooks::WebhooksInput::default()
    };
    let done = Layout { notice: Some(Notice::Done(NoticeKind::WebhookDeleted)), ..layout(language, user, "/webhooks") };
    let full = webhooks::WebhooksPage::new(layout(language, user, "/webhooks?q=a"), full);
    vec![
        ("list", html(&full)),
        ("list-fragment", html(&full.as_list())),
        ("list-names", html(&webhooks::WebhooksPage::new(layout(language, user, "/webhooks"), names))),
        ("list-no-match", html(&webhooks::WebhooksPage::new(layout(language, user, "/webhooks?q=zzz"), none))),
        ("list-empty", html(&webhooks::WebhooksPage::new(done, webhooks::WebhooksInput::default()))),
    ]
}

fn of_one_webhook(language: Language, user: &User) -> Vec<Picture> {
    let (all, inboxes) = (fixtures::webhooks(language), fixtures::inboxes(language));
    let crm = all.first().expect("five webhooks");
    let off = all.get(3).expect("five webhooks");
    let deliveries: Vec<_> =
        (1..=6).map(|n| fixtures::delivery(n, 1, if n == 3 { Status::Pending } else { Status::Success })).collect();
    let lines = deliveries.iter().map(|delivery| line(delivery, "CRM"));
    let at = |path| layout(language, user, path);
    let gone = webhooks::Alert {
        webhook: off,
        stage: webhooks::Stage::OffGone,
        held: 3,
        failure: Some((fixtures::delivery(2, 3, Status::Failed).id, 1)),
    };
    let recent = webhooks::Recent { lines: lines.collect(), mark: "2b".into() };
    let page = webhooks::OverviewPage::new(at("/webhooks/1"), crm, &inboxes, fixtures::chart(Range::Day), recent);
    let week = webhooks::Chart::new(at("/").t, WebhookId(1), fixtures::chart(Range::Week));
    let quiet =
        webhooks::ChartInput { answer_times: None, open: OpenCounts::default(), hours: Vec::new(), range: Range::Day };
    let idle = webhooks::OverviewPage::new(at("/webhooks/4"), off, &inboxes, quiet, webhooks::Recent::default());
    let idle = idle.with_alert(gone);
    let bad = webhooks::VerifyForm {
        id: "evt_06cwpnsz2wd9z",
        timestamp: "1795245760",
        signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        body: "{\"event\":\"message_created\",\"content\":\"<b>Hello</b>\"}",
        finding: Some(Finding::Mistakes(vec![Mistake::OtherBody, Mistake::TooOld])),
        difference: first_difference(
            b"{\"event\":\"message_created\",\"content\":\"Hello\"}",
            "{\"event\":\"message_created\",\"content\":\"<b>Hello</b>\"}",
        ),
        known: true,
    };
    let bad = webhooks::VerifyPage::new(at("/webhooks/1/verify"), crm, bad);
    vec![
        ("webhook", html(&page)),
        ("verify", html(&webhooks::VerifyPage::new(at("/webhooks/1/verify"), crm, Default::default()))),
        ("verify-bad", html(&bad)),
        ("verify-bad-fragment", html(&bad.as_verdict())),
        ("webhook-fragment", html(&page.as_recent())),
        ("webhook-week-fragment", html(&week)),
        ("webhook-new", html(&idle)),
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
    let (all, inboxes) = (fixtures::webhooks(language), fixtures::inboxes(language));
    let none = Problems::default();
    let crm = all.first().expect("five webhooks");
    let mut stored = WebhookForm::of(crm);
    stored.inbox_scope = "selected".into();
    stored.inboxes = vec!["1".into(), "4".into()];
    let blank = WebhookForm::blank(Vec::new());
    let (bad, problems) = bad_form();
    let page = |path, webhook, form, problems| {
        let input = webhooks::FormInput { webhook, form, inboxes: &inboxes, problems };
        html(&webhooks::FormPage::new(layout(language, user, path), input))
    };
    let mut theirs = WebhookForm { name: "CRM".into(), timeout_s: "9".into(), ..stored.clone() };
    theirs.events.truncate(2);
    theirs.bearer_token = "typed-secret".into();
    let changed = Problems::one(Field::Form, Problem::ChangedByOther { at: fixtures::ago(2) });
    let input = |webhook, form, problems| webhooks::FormInput { webhook, form, inboxes: &inboxes, problems };
    let clash = webhooks::FormPage::new(layout(language, user, "/webhooks/1"), input(Some(crm), &theirs, &changed));
    let begun = WebhookForm::copy_of(crm, "Copy".into());
    let copy = webhooks::FormPage::new(layout(language, user, "/webhooks/new?from=1"), input(None, &begun, &none));
    vec![
        ("form-conflict", html(&clash.with_conflicts(crm))),
        ("form-copy", html(&copy.copied_from(Some(crm)))),
        ("form-new", page("/webhooks/new", None, &blank, &none)),
        ("form", page("/webhooks/1/edit", Some(crm), &stored, &none)),
        ("form-errors", page("/webhooks/new", None, &bad, &problems)),
        ("form-errors-fragment", html(&webhooks::FormErrorsFragment::new(layout(language, user, "").t, &problems, 1))),
        ("header-row-fragment", html(&webhooks::NewHeaderRow::new(layout(language, user, "").t, 3))),
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
    let all = fixtures::webhooks(language);
    let crm = all.first().expect("five webhooks");
    let (none, attempts, success) = (Problems::default(), fixtures::attempts(), fixtures::success());
    let wrong = Problems::one(Field::TestBody, Problem::JsonInvalid);
    let id = fixtures::delivery(1, 1, Status::Success).id;
    let page = |event: EventName, problems, attempt: Option<&_>| {
        let sent = attempt.map(|attempt| (id, attempt));
        let form = webhooks::TestForm { event, body: event.sample(), problems, sent };
        html(&webhooks::TestPage::new(layout(language, user, "/webhooks/1/test"), crm, form))
    };
    vec![
        ("test", page(EventName::WebhookTest, &none, None)),
        ("test-ok", page(EventName::WebhookTest, &none, Some(&success))),
        ("test-failed", page(EventName::MessageCreated, &wrong, attempts.last())),
    ]
}

fn inboxes_of(language: Language, user: &User) -> Vec<Picture> {
    let (all, inboxes) = (fixtures::webhooks(language), fixtures::inboxes(language));
    let at = |path| layout(language, user, path);
    let (none, wrong) = (Problems::default(), Problems::one(Field::InboxName, Problem::InboxNameMissing));
    let row = |inbox| inboxes::InboxRow { inbox, webhooks: all.iter().take(inbox.id.0 as usize % 3).collect() };
    let list =
        |rows, problems| inboxes::InboxesPage::new(at("/inboxes"), rows, inboxes::InboxInput::default(), problems);
    let inbox = inboxes.first().expect("four inboxes");
    vec![
        ("inboxes", html(&list(inboxes.iter().map(row).collect(), &none))),
        ("inboxes-empty", html(&list(Vec::new(), &wrong))),
        (
            "inbox-edit",
            html(&inboxes::EditPage::new(at("/inboxes/1/edit"), inbox, inboxes::InboxInput::of(inbox), &none)),
        ),
    ]
}

fn others(language: Language, user: &User) -> Vec<Picture> {
    let outside = |path| Layout { user: None, ..layout(language, user, path) };
    let mut short = Problems::one(Field::Email, Problem::EmailInvalid);
    short.add(Field::Password, Problem::AccountPasswordTooShort);
    let blank = sign_in::SetUpInput { token: "one-time", ..sign_in::SetUpInput::default() };
    let typed = sign_in::SetUpInput { name: "Олена", email: "olena", time_zone: "Europe/Kyiv", ..blank };
    let set_up =
        |typed, problems: &Problems| html(&sign_in::SetUpPage::new(outside("/setup?token=x"), typed, problems));
    let sign_in = |email, refusal| html(&sign_in::SignInPage::new(outside("/sign-in"), email, "/webhooks", refusal));
    let sign_in_after =
        |ended| html(&sign_in::SignInPage::new(outside("/sign-in"), "", "/webhooks", None).after(Some(ended)));
    let error = |layout, kind| html(&errors::ErrorPage::new(layout, &kind, "5f0c0a7d2e1b4c6f9a8b7c6d5e4f3a2b"));
    vec![
        ("set-up", set_up(blank, &Problems::default())),
        ("set-up-errors", set_up(typed, &short)),
        ("sign-in", sign_in("", None)),
        ("sign-in-ended", sign_in_after(sign_in::SessionEnded::NoForm)),
        ("sign-in-form-kept", sign_in_after(sign_in::SessionEnded::FormIsKept)),
        ("sign-in-nothing-done", sign_in_after(sign_in::SessionEnded::NothingWasDone)),
        ("sign-in-wait", sign_in("olena@example.com", Some(sign_in::Refusal::Wait(30)))),
        (
            "error-origin",
            error(
                outside("/sign-in"),
                errors::ErrorKind::WrongOrigin {
                    given: "https://desk.example.com:8443".into(),
                    public: "https://hooks.example.com".into(),
                },
            ),
        ),
        (
            "error-http",
            error(outside("/sign-in"), errors::ErrorKind::PlainHttp { public: "https://hooks.example.com".into() }),
        ),
        (
            "error-host",
            error(
                outside("/"),
                errors::ErrorKind::UnknownHost {
                    host: "desk.example.com".into(),
                    public: Some("https://hooks.example.com".into()),
                },
            ),
        ),
        ("error-cookie", error(outside("/sign-in"), errors::ErrorKind::NoCookie)),
        ("error-404", error(layout(language, user, "/nowhere"), errors::ErrorKind::NotFound)),
        ("error-500", error(outside("/"), errors::ErrorKind::Server)),
    ]
}

#[test]
#[ignore = "writes files, for people to look at"]
fn render_gallery() {
    let Some(folder) = std::env::var_os("HACHOK_GALLERY").map(std::path::PathBuf::from) else { return };
    for language in Language::ALL {
        for (role, ending) in [(Role::Admin, ""), (Role::Viewer, "-viewer")] {
            for (name, html) in pictures(*language, role) {
                let path = folder.join(format!("{name}{ending}.{}.html", language.as_str()));
                std::fs::write(path, html).expect("the folder takes files");
            }
        }
    }
}
