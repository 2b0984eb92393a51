//! The pages of connections to Chatwoot.

use std::time::Duration;

use super::{Picture, html, layout};
use crate::domain::accounts::user::{Language, Role, User};
use crate::domain::chatwoot::attribute::Attribute;
use crate::domain::chatwoot::comparison::{Expected, MissingKind};
use crate::domain::chatwoot::connection::{Account, Connection, Counted, Fault, FaultKind, Refusal, Server};
use crate::domain::chatwoot::observation::ConversationNumber;
use crate::domain::chatwoot::progress::{Comparison, Listed, Running};
use crate::domain::deliveries::failure_cause::FailureCause;
use crate::domain::events::catalogue::EventName;
use crate::domain::id::ConnectionId;
use crate::domain::problem::{Field, Problem, Problems};
use crate::domain::webhooks::target_url::TargetUrl;
use crate::views::chatwoot::accounts::AccountsPage;
use crate::views::chatwoot::connection::{ConnectionInput, ConnectionPage, DisconnectPage};
use crate::views::chatwoot::list::{ConnectInput, ConnectionsPage};
use crate::views::chatwoot::missing::{MissingInput, MissingPage};
use crate::views::layout::Layout;
use crate::views::testing::fixtures::{NOW, ago};

const INGEST_URL: &str = "https://hooks.example.com/ingest/chatwoot/5f0c0a3e7d1b4c6a9e2f8d7b6a5c4e3f2d1c0b9a8f7e6d5c";

fn base_url() -> TargetUrl {
    TargetUrl::from_stored("https://chat.example.com/").expect("a URL")
}

fn connection(id: i64, name: &str) -> Connection {
    Connection {
        id: ConnectionId(id),
        name: name.into(),
        server: Some(Server { base_url: base_url(), webhook_id: Some(9) }),
        account_id: Some(3),
        has_secret: true,
        old_key_until: None,
        created_at: ago(90_000),
        disconnected_at: None,
        checked_at: Some(ago(20)),
        inboxes_synced_at: Some(ago(4)),
        last_event_at: Some(ago(1)),
        fault: None,
        other_unknown_events: 0,
    }
}

/// A connection that the last check could not reach, one that is new and does not know all events, one that is manual, and
/// one that was ended.
fn all(language: Language) -> Vec<Connection> {
    let shop = if language == Language::Uk { "Крамниця «Нова»" } else { "Nova Shop" };
    let fault =
        Fault { kind: FaultKind::Unreachable, detail: Some(FailureCause::TlsError.as_str().into()), at: ago(20) };
    let typing = [EventName::ConversationTypingOn, EventName::ConversationTypingOff];
    let refused = Fault::of_refused_events(&typing, ago(20));
    vec![
        connection(1, shop),
        Connection { fault: Some(fault), ..connection(2, "Support") },
        Connection { last_event_at: None, has_secret: false, fault: Some(refused), ..connection(3, "Old Chatwoot") },
        Connection {
            server: None,
            account_id: None,
            has_secret: false,
            old_key_until: Some(NOW.after(Duration::from_secs(36_000))),
            last_event_at: None,
            ..connection(4, "By hand")
        },
        Connection { disconnected_at: Some(ago(300)), ..connection(5, "Former") },
    ]
}

pub fn pictures(language: Language, user: &User) -> Vec<Picture> {
    let (connections, none) = (all(language), Problems::default());
    let list = |connections, wrong_keys, typed, problems| {
        let at = layout(language, user, "/chatwoot");
        html(&ConnectionsPage::new(at, connections, wrong_keys, "https://hooks.example.com", typed, problems))
    };
    let mut wrong =
        Problems::one(Field::ChatwootUrl, Problem::ChatwootUnreachable { cause: FailureCause::ConnectRefused });
    wrong.add(Field::ChatwootToken, Problem::ChatwootTokenRefused);
    let typed = ConnectInput { url: "https://chat.example.com", name: "<script>alert(1)</script>", account: "three" };
    let wrong_keys = Counted { what: (), amount: 12, last_at: ago(30) };
    let counted = |what, amount| Counted { what, amount, last_at: ago(5) };
    let refusals: Vec<_> = Refusal::ALL.iter().zip(1..).map(|(reason, amount)| counted(*reason, amount)).collect();
    let unknown = vec![Counted { what: "call_<b>started</b>".to_owned(), amount: 3, last_at: ago(50) }];
    let page = |connection: &Connection, url, refusals, unknown| {
        let at = layout(language, user, "/chatwoot/1");
        let url = Some(url).filter(|_| user.role == Role::Admin);
        html(&ConnectionPage::new(at, ConnectionInput { connection, url, refusals, unknown }, &none))
    };
    let accounts = [Account { id: 3, name: "Nova Shop".into() }, Account { id: 5, name: "<i>Second</i>".into() }];
    let busy = connections.first().map(|one| Connection { other_unknown_events: 7, ..one.clone() });
    let mut all = vec![
        ("chatwoot", list(&connections, Some(wrong_keys), ConnectInput::default(), &none)),
        ("chatwoot-empty", list(&[], None, typed, &wrong)),
        (
            "chatwoot-accounts",
            html(&AccountsPage::new(layout(language, user, "/chatwoot"), &accounts, &base_url(), "v1:0a1b2c3d:x:y")),
        ),
        ("chatwoot-connection", page(&busy.expect("five connections"), INGEST_URL, &refusals, &unknown)),
    ];
    let names = ["chatwoot-faulty", "chatwoot-unsigned", "chatwoot-manual", "chatwoot-ended"];
    for (name, connection) in names.into_iter().zip(connections.iter().skip(1)) {
        all.push((name, page(connection, INGEST_URL, &[], &[])));
    }
    for (name, connection) in
        [("chatwoot-disconnect", connections.first()), ("chatwoot-disconnect-manual", connections.get(3))]
    {
        let connection = connection.expect("five connections");
        all.push((name, html(&DisconnectPage::new(layout(language, user, "/chatwoot/1/disconnection"), connection))));
    }
    all.extend(missing(language, user, &connections));
    all
}

/// Missing events of a comparison that failed, of one that is running, and of a connection that is not compared.
fn missing(language: Language, user: &User, connections: &[Connection]) -> Vec<Picture> {
    let comparison = Comparison {
        connection: ConnectionId(1),
        takes_in: false,
        compared_to_s: ago(400).seconds(),
        expected: Expected::default(),
        expected_before: Expected::default(),
        running: None,
        next_at: NOW.after(Duration::from_secs(60)),
        ended_at: Some(ago(7)),
        requests: 42,
        problem: Some("429".into()),
    };
    let begun = Running { began_s: ago(1).seconds(), page: 3, comparing: Expected::default() };
    let running = Comparison { running: Some(begun), problem: None, takes_in: true, ..comparison.clone() };
    let listed: Vec<Listed> = [MissingKind::Conversation, MissingKind::Message, MissingKind::State]
        .into_iter()
        .zip([1042, 50_212, 1042])
        .map(|(kind, subject)| Listed {
            conversation: ConversationNumber(1042),
            kind,
            subject,
            changed: Attribute::ALL.into_iter().collect(),
            occurred_at: ago(30),
            found_at: ago(7),
            is_wanted: kind == MissingKind::Conversation,
        })
        .collect();
    let page = |connection: Option<&Connection>, comparison, listed, count| {
        let layout = Layout { missing_events: count, ..layout(language, user, "/chatwoot/1/missing") };
        let connection = connection.expect("five connections");
        html(&MissingPage::new(layout, MissingInput { connection, comparison, listed, count }))
    };
    vec![
        ("chatwoot-missing", page(connections.first(), Some(&comparison), &listed, 2_000)),
        ("chatwoot-missing-none", page(connections.first(), Some(&running), &[], 0)),
        ("chatwoot-not-compared", page(connections.get(3), None, &[], 0)),
    ]
}
