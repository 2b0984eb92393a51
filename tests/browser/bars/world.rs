//! An installation in which every page has something to show.

use serde_json::{Value, json};

use crate::support::chatwoot::{self, Chatwoot};
use crate::support::{Api, App, EMAIL, PASSWORD, Receiver, Reply, event, event_in, eventually};

/// Stored secrets, each unique: none of them may be in a page.
pub const CANARIES: [&str; 4] = ["canary-token-1f7", "canary-password-2c9", "canary-value-3d4", "canary-header-4e6"];

/// The installation, and ids of its objects.
pub struct World {
    pub app: App,
    /// A delivery that failed permanently.
    pub failed: String,
    /// A delivery that waits for its next attempt.
    pub waiting: String,
    /// An event that was delivered to a webhook, and one that no webhook wanted.
    pub received: [String; 2],
    pub recovery: String,
    /// The path of an invitation.
    pub invitation: String,
    /// The token that was used to fill it; a secret, too.
    pub token: String,
    _receiver: Receiver,
    _chatwoot: Chatwoot,
}

impl World {
    /// A client of the API with that token.
    pub fn api(&self) -> Api {
        Api::new(&self.app.url, &self.token)
    }

    /// Starts the server and fills it.
    pub async fn new() -> Self {
        let (app, receiver) = (App::start(), Receiver::start());
        app.user(EMAIL, "admin", PASSWORD);
        app.user("viewer@example.com", "viewer", PASSWORD);
        app.user("a-person-with-a-long-address.and-no-place-to-break@example.com", "viewer", PASSWORD);
        let token = app.token("admin");
        let api = Api::new(&app.url, &token);
        receiver.answers("/slow", [Reply::Full(503, vec![("retry-after", "600".to_owned())], b"later".to_vec())]);
        receiver.answers("/gone", [Reply::Status(410)]);
        for body in webhooks(&receiver) {
            api.webhook(&body).await;
        }
        let inbox = json!({ "id": 91, "name": "Пошта_підтримки_".repeat(6).trim_end_matches('_') });
        api.accepted(json!({ "event": "conversation_created", "id": 91, "inbox": inbox }).to_string()).await;
        let got = api.accepted(event_in("message_created", 7)).await;
        let unmatched = api.accepted(event_in("team_changed", 7)).await;
        api.accepted(event_in("conversation_status_changed", 12)).await;
        api.accepted(event("contact_created")).await;
        eventually("the webhook with a 410 is off", || async {
            let text = api.get("webhooks").await.text;
            text.contains("auto_disabled").then_some(())
        })
        .await;
        api.accepted(event("contact_created")).await;
        // A test has one attempt, so it fails permanently at once.
        let test = api.post("webhooks/2/test", &json!({ "event": "webhook_test" })).await;
        assert_eq!(test.status, 200, "{test:?}");
        let failed = one(&api, "status=failed").await;
        let waiting = one(&api, "status=pending&webhook=2").await;
        let body = json!({ "since": "2020-01-01T00:00:00Z" });
        let recovery = api.post("webhooks/1/recoveries", &body).await.json()["payload"]["recovery"]["id"].to_string();
        let received = [got, unmatched];
        let (invitation, chatwoot) = (invitation(&app).await, Chatwoot::start());
        connections(&app, &chatwoot).await;
        Self { app, failed, waiting, received, recovery, invitation, token, _receiver: receiver, _chatwoot: chatwoot }
    }
}

/// Creates an invitation; returns its path.
async fn invitation(app: &App) -> String {
    let admin = app.visitor();
    admin.sign_in(EMAIL, PASSWORD).await;
    let form = admin.open("/users").await.form("#f-email").fill("f-email", "invited@example.com");
    let link = admin.follow(form).await.text("#key");
    link.strip_prefix(&app.url).expect("a link to here").to_owned()
}

/// A connection to the simulated Chatwoot with a refused request and an unknown event, and one that is set up by hand.
async fn connections(app: &App, desk: &Chatwoot) {
    let admin = app.visitor();
    admin.sign_in(EMAIL, PASSWORD).await;
    let page = chatwoot::connect(&admin, desk).await;
    let manual = admin.open("/chatwoot").await.form("#f-chatwoot-name").fill("f-chatwoot-name", &"W".repeat(120));
    admin.follow(manual).await;
    desk.emit(&json!({ "event": "call_".repeat(20) }).to_string(), None).await;
    chatwoot::send(&desk.webhook().url, "{}", None, chatwoot::now(), None).await;
    eventually("counts of the connection", || async {
        admin.open(&page).await.has("section[aria-labelledby='h-unknown']").then_some(())
    })
    .await;
}

/// The webhook with a name of the maximum length, without a blank.
pub const LONG: usize = 5;

/// One webhook in each state, with each kind of authorization; then some with names that are hard to fit.
fn webhooks(receiver: &Receiver) -> [Value; 8] {
    let [token, password, value, header] = CANARIES;
    [
        json!({ "name": "CRM", "url": receiver.at("/crm"),
            "subscriptions": ["message_created", "conversation_status_changed", "assignee_changed"],
            "authorization": { "type": "bearer", "token": token },
            "headers": { "X-Tenant": "desk-7", "X-Tenant-Key": { "value": header, "hidden": true } } }),
        json!({ "name": "Щотижневий звіт для керівника служби підтримки та його заступників",
            "url": receiver.at("/slow"), "subscriptions": ["message_created", "conversation_status_changed"],
            "authorization": { "type": "basic", "login": "reports", "password": password } }),
        json!({ "url": receiver.at("/gone"), "subscriptions": ["contact_created"],
            "authorization": { "type": "custom", "header": "X-Api-Key", "value": value } }),
        json!({ "name": "Off", "enabled": false, "subscriptions": ["message_updated"],
            "url": receiver.at("/a/rather/long/path/that/goes/on/and/on/without/a/blank/so/that/it/must/break?and=a&query=too") }),
        named(&"W".repeat(120), receiver.at("/long")),
        named("https://n8n.example.com/webhook/2f1c9d6e_8a7b_4c3d_9e2f_1234567890ab", {
            let start = receiver.at("/long/");
            format!("{start}{}/end", "a".repeat(2044 - start.len()))
        }),
        named("خدمة_العملاء_والدعم_الفني_للشرق_الأوسط_وشمال_أفريقيا", receiver.at("/long/ar")),
        named("שירות לקוחות 📞📦🚚📞📦🚚📞📦🚚📞📦🚚📞📦🚚👩‍👩‍👧‍👦", receiver.at("/long/he")),
    ]
}

fn named(name: &str, url: String) -> Value {
    json!({ "name": name, "url": url, "subscriptions": ["conversation_created"] })
}

async fn one(api: &Api, filter: &str) -> String {
    eventually(filter, || async {
        let found = api.deliveries(filter).await;
        found.first().and_then(|delivery| delivery["id"].as_str().map(str::to_owned))
    })
    .await
}
