//! API tokens, users, profile, settings, status.

use std::time::Duration;

use super::{Picture, html, layout};
use crate::domain::accounts::api_token::{Scope, Scopes, Token};
use crate::domain::accounts::invitation::Invitation;
use crate::domain::accounts::user::{Language, Role, User};
use crate::domain::deliveries::state::OpenCounts;
use crate::domain::id::{TokenId, UserId};
use crate::domain::problem::{Field, Problem, Problems};
use crate::domain::system::status::Measurements;
use crate::domain::webhooks::State;
use crate::views::Layout;
use crate::views::accounts::{invitations, profile, tokens, users};
use crate::views::system::{settings, status};
use crate::views::testing::fixtures::{NOW, ago};

/// All of them in one language.
pub fn pictures(language: Language, user: &User) -> Vec<Picture> {
    let mut all = tokens_of(language, user);
    all.extend(people(language, user));
    all.extend(own(language, user));
    all.extend(system(language, user));
    all
}

fn token(id: i64, name: &str, scope: Scope) -> Token {
    Token {
        id: TokenId(id),
        name: name.into(),
        scopes: Scopes::one(scope),
        prefix: format!("hk_4f1c0{id}"),
        created_at: ago(90_000),
        expires_at: None,
        last_used_at: Some(ago(3)),
        revoked_at: None,
    }
}

fn tokens_of(language: Language, user: &User) -> Vec<Picture> {
    let desk = if language == Language::Uk { "Система підтримки" } else { "Help desk" };
    let all = [
        token(1, desk, Scope::Ingest),
        Token { last_used_at: None, ..token(2, "Grafana", Scope::Read) },
        Token { expires_at: Some(ago(5)), ..token(3, "Migration from Chatwoot, November", Scope::Admin) },
        Token { revoked_at: Some(ago(600)), ..token(4, "CI", Scope::Admin) },
        Token {
            scopes: Scopes::of(Scope::ALL.iter().copied()).expect("scopes"),
            ..token(5, "On call", Scope::Operate)
        },
    ];
    let (none, wrong) = (Problems::default(), Problems::one(Field::TokenName, Problem::TokenNameMissing));
    let page = |tokens, problems| {
        let server = "https://hooks.example.com";
        tokens::TokensPage::new(
            layout(language, user, "/tokens"),
            tokens,
            server,
            tokens::TokenInput::default(),
            problems,
        )
    };
    let new = "hk_6d1f0c52b2a94f0e8f6c1f0d6a3e7b9c5d2e8f7a6b4c3d2e1f0a9b8c7d6e5f4a";
    vec![
        ("tokens", html(&page(&all, &none))),
        ("tokens-new", html(&page(&all[..1], &none).with_new(Some(new)))),
        ("tokens-empty", html(&page(&[], &wrong))),
        ("token-revoke", html(&tokens::RevokePage::new(layout(language, user, "/tokens/1/revocation"), &all[0]))),
    ]
}

fn people(language: Language, user: &User) -> Vec<Picture> {
    let other = |id, name: &str, email: &str, role| User {
        id: UserId(id),
        name: name.into(),
        email: email.into(),
        role,
        last_sign_in_at: None,
        ..user.clone()
    };
    let ivan = other(2, "Ivan", "ivan.with.a.long.address@support.example.com", Role::Viewer);
    let off = User { disabled_at: Some(ago(100)), ..other(3, "Марія", "maria@example.com", Role::Viewer) };
    let all = [user.clone(), ivan, off];
    let open = |id, name: &str, user_id| Invitation {
        id,
        email: format!("new{id}@example.com"),
        name: name.into(),
        role: Role::Admin,
        user_id,
        created_at: ago(60),
        expires_at: NOW.after(Duration::from_secs(500_000)),
    };
    let open = [open(1, "Тарас", None), open(2, "", Some(UserId(2)))];
    let (none, taken) = (Problems::default(), Problems::one(Field::Email, Problem::EmailTaken));
    let last = Problems::one(Field::Role, Problem::LastAdmin);
    let url = "https://hooks.example.com/invite/6d1f0c52b2a94f0e8f6c1f0d6a3e7b9c5d2e8f7a6b4c3d2e1f0a9b8c7d6e5f4a";
    let at = |path| layout(language, user, path);
    let typed = users::InviteInput { email: "olena@example.com", ..users::InviteInput::default() };
    let list = |open, problems| users::UsersPage::new(at("/users"), &all, open, typed, problems);
    let link = users::NewLink { url, is_password: false };
    let one = |user: &User, problems: &Problems| {
        html(&users::UserPage::new(at("/users/2"), user, user.role, problems).with_link(None))
    };
    let invited = |invitation, problems| {
        let outside = Layout { user: None, ..at("/invite/x") };
        html(&invitations::InvitePage::new(outside, invitation, "x", invitations::InvitationInput::default(), problems))
    };
    let mut weak = Problems::one(Field::UserName, Problem::UserNameMissing);
    weak.add(Field::Password, Problem::AccountPasswordTooShort);
    vec![
        ("users", html(&list(&open, &none))),
        ("users-new", html(&list(&[], &none).with_link(Some(link)))),
        ("users-errors", html(&list(&[], &taken))),
        ("user", one(&all[1], &none)),
        ("user-off", one(&all[2], &none)),
        ("user-last", one(&all[0], &last)),
        ("user-delete", html(&users::DeleteUserPage::new(at("/users/2/deletion"), &all[1]))),
        ("user-link", html(&users::UserPage::new(at("/users/2"), &all[1], Role::Viewer, &none).with_link(Some(url)))),
        ("invite", invited(&open[0], &none)),
        ("invite-errors", invited(&open[0], &weak)),
        ("invite-password", invited(&open[1], &none)),
    ]
}

fn own(language: Language, user: &User) -> Vec<Picture> {
    let row = |minutes, is_this| profile::SessionRow {
        created_at: ago(minutes),
        seen_at: ago(minutes / 9),
        is_this,
        device: is_this.then(|| ("Firefox, Linux".to_owned(), "203.0.113.7".to_owned())),
    };
    let page = |problems| {
        let rows = vec![row(40, true), row(3000, false)];
        html(&profile::ProfilePage::new(
            layout(language, user, "/profile"),
            user,
            profile::ProfileInput::of(user),
            problems,
            rows,
        ))
    };
    let wait = Problems::one(Field::CurrentPassword, Problem::Wait { seconds: 30 });
    vec![("profile", page(&Problems::default())), ("profile-wait", page(&wait))]
}

fn system(language: Language, user: &User) -> Vec<Picture> {
    let typed = settings::SettingsInput {
        language,
        time_zone: "Europe/Kyiv",
        substatus_attribute: "substatus",
        viewers_see_answers: false,
    };
    let t = layout(language, user, "").t;
    let fixed = || {
        let one = |name, value: &str, variable| settings::StartSetting { name, value: value.into(), variable };
        vec![
            one(t.fixed_public_url(), "https://hooks.example.com", Some("HACHOK_PUBLIC_URL")),
            one(t.fixed_allowed(), "", Some("HACHOK_ALLOW_NETWORKS")),
            one(t.fixed_per_peer(), "128", Some("HACHOK_CONNECTIONS_PER_PEER")),
            one(t.fixed_per_webhook(), "10", Some("HACHOK_IN_FLIGHT_PER_WEBHOOK")),
            one(t.fixed_schedule(), &t.span(Duration::from_secs(300)), None),
            one(t.fixed_off(), &t.off_rule(t.span(Duration::from_secs(432_000)), 20_u64), None),
        ]
    };
    let none = Problems::default();
    let wrong = Problems::one(Field::Substatus, Problem::AttributeInvalid);
    let set =
        |problems| html(&settings::SettingsPage::new(layout(language, user, "/settings"), typed, problems, fixed()));
    let well = Measurements {
        unusable: false,
        cannot_write: false,
        task_ended: false,
        no_ca_certificates: false,
        overloaded: false,
        free_disk: Some(48_200_000_000),
        oldest_due: None,
        cleaned_at: Some(ago(4)),
        started_at: ago(12_000),
    };
    let look = |measurements, open, clock_set| status::StatusView {
        measurements,
        version: "0.1.0",
        database: "SQLite",
        database_size: 12_400_000,
        database_file: Some("/var/lib/hachok/hachok.db".into()),
        migration: Some("20261121000004".into()),
        open,
        in_flight: 3,
        in_flight_max: 64,
        webhooks: vec![State::Active, State::Active, State::Failing, State::AutoDisabled],
        memory: Some(41_000_000),
        machine_zone: Some("Europe/Kyiv".into()),
        clock_set,
        deletes_by_row: clock_set.is_some(),
        ended_tasks: if measurements.task_ended { vec!["cleanup", "worker"] } else { Vec::new() },
        others_can_read: clock_set.is_some(),
        readable_files: vec!["data/hachok.db".into(), "data/secret.key".into()],
    };
    let page = |measured| status::StatusPage::new(layout(language, user, "/status"), measured);
    let ill = Measurements {
        overloaded: true,
        unusable: true,
        cannot_write: false,
        task_ended: true,
        no_ca_certificates: true,
        free_disk: Some(50_000_000),
        oldest_due: Some(ago(9)),
        ..well
    };
    let good = page(look(well, OpenCounts { queued: 2, retrying: 10, ..OpenCounts::default() }, None));
    vec![
        ("settings", set(&none)),
        ("settings-errors", if user.role == Role::Admin { set(&wrong) } else { set(&none) }),
        ("status", html(&good)),
        ("status-fragment", html(&good.as_status())),
        (
            "status-ill",
            html(&page(look(
                ill,
                OpenCounts { queued: 100_412, retrying: 24, waiting: 7, held: 62 },
                Some((ago(30), -3_600_000_000)),
            ))),
        ),
    ]
}
