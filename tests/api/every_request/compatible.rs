//! What Chatwoot's clients rely on: the shapes of its published schema, and the paths that they request first.

use std::process::Command;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Api, App, event_in};

/// `inbox` in Chatwoot's swagger file (4.15): the fields of every inbox, regardless of its channel. `?` may be null.
const INBOX: [(&str, &str); 33] = [
    ("id", "number"),
    ("name", "string"),
    ("website_url", "string"),
    ("channel_type", "string"),
    ("avatar_url", "string"),
    ("widget_color", "string"),
    ("website_token", "string"),
    ("enable_auto_assignment", "boolean"),
    ("web_widget_script", "string"),
    ("welcome_title", "string"),
    ("welcome_tagline", "string"),
    ("greeting_enabled", "boolean"),
    ("greeting_message", "string"),
    ("channel_id", "number"),
    ("working_hours_enabled", "boolean"),
    ("enable_email_collect", "boolean"),
    ("csat_survey_enabled", "boolean"),
    ("auto_assignment_config", "object"),
    ("out_of_office_message", "string?"),
    ("working_hours", "array"),
    ("timezone", "string"),
    ("callback_webhook_url", "string?"),
    ("allow_messages_after_resolved", "boolean"),
    ("lock_to_single_conversation", "boolean"),
    ("sender_name_type", "string"),
    ("business_name", "string?"),
    ("hmac_mandatory", "boolean"),
    ("selected_feature_flags", "array?"),
    ("reply_time", "string"),
    ("messaging_service_sid", "string?"),
    ("phone_number", "string?"),
    ("medium", "string"),
    ("provider", "string?"),
];
/// `user` in the same file.
const PROFILE: [(&str, &str); 12] = [
    ("id", "number"),
    ("uid", "string"),
    ("name", "string"),
    ("available_name", "string"),
    ("display_name", "string"),
    ("email", "string"),
    ("account_id", "number"),
    ("role", "string"),
    ("confirmed", "boolean"),
    ("custom_attributes", "object"),
    ("accounts", "array"),
    ("availability_status", "string"),
];

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn assert_fits(value: &Value, schema: &[(&str, &str)]) {
    for (name, expected) in schema {
        let given = kind(value.get(name).unwrap_or_else(|| panic!("{name} in {value}")));
        let fits = given == expected.trim_end_matches('?') || given == "null" && expected.ends_with('?');
        assert!(fits, "{name} is {given}, not {expected}: {value}");
    }
}

#[tokio::test]
async fn profile_and_inboxes_have_the_fields_of_chatwoots_schema() {
    let app = App::start();
    let api = app.api("admin");
    api.accepted(event_in("message_created", 7)).await;
    api.post("inboxes", &json!({ "name": "By hand", "channel_type": "Channel::Api" })).await;
    let listed = api.get("inboxes").await.json()["payload"].clone();
    let listed = listed.as_array().expect("a list");
    assert_eq!(listed.len(), 2);
    for inbox in listed {
        assert_fits(inbox, &INBOX);
        let one = api.get(&format!("inboxes/{}", inbox["id"])).await;
        assert_eq!((one.status, &one.json()), (200, inbox), "one inbox is as in the list, without an envelope");
    }
    for (scope, role) in [("admin", "administrator"), ("read", "agent")] {
        let profile = app.api(scope).get("/api/v1/profile").await;
        assert_fits(&profile.json(), &PROFILE);
        assert_fits(&profile.json()["accounts"][0], &[("id", "number"), ("name", "string"), ("role", "string")]);
        assert_eq!((profile.json()["role"].as_str(), profile.text.contains("hk_")), (Some(role), false));
        assert!(profile.json()["email"].as_str().is_some_and(|email| email.contains('@')));
    }
}

#[tokio::test]
async fn the_json_of_an_inbox_can_be_sent_back() {
    let app = App::start();
    let api = app.api("admin");
    api.accepted(event_in("message_created", 7)).await;
    let before = api.get("inboxes").await.json()["payload"][0].clone();
    let path = format!("inboxes/{}", before["id"]);
    assert_eq!(api.patch(&path, &before).await.status, 200);
    let mut after = api.get(&path).await.json();
    after["updated_at"] = before["updated_at"].clone();
    assert_eq!(after, before);
}

#[tokio::test]
async fn an_unknown_inbox_is_chatwoots_404() {
    let app = App::start();
    let api = app.api("read");
    for path in ["inboxes/1", "inboxes/99999999999", "inboxes/nonsense", "/api/v1/accounts/2/inboxes/1"] {
        let answer = api.get(path).await;
        let words = json!({ "error": "Resource could not be found" });
        assert_eq!((answer.status, answer.chatwoot_error()), (404, words), "{path}");
    }
    assert_eq!(app.api("ingest").get("inboxes/1").await.status, 401);
}

#[tokio::test]
async fn the_paths_of_the_n8n_node_exist() {
    let app = App::start();
    let (token, api) = (app.token("admin"), app.api("admin"));
    api.accepted(event_in("message_created", 7)).await;
    let node = Api::new(&app.url, "none");
    let ask = async |path: &str| {
        let request = node.plain(Method::GET, path).header("Api-Access-Token", &token);
        Answer::of(request.header("accept", "application/json")).await
    };
    // Its credential test, and the paths of its actions as spelled there.
    for path in ["/api", "/api/"] {
        let stranger = Answer::of(node.plain(Method::GET, path)).await;
        for answer in [ask(path).await, stranger] {
            assert_eq!((answer.status, &answer.json()["version"]), (200, &json!(env!("CARGO_PKG_VERSION"))), "{path}");
        }
    }
    for path in ["/api/v1/profile", "/api/v1/accounts/1/inboxes", "/api/v1/accounts/1/webhooks"] {
        assert_eq!(ask(path).await.status, 200, "{path}");
    }
    assert_eq!(ask("/api/v1/accounts/1/inboxes/1/").await.json()["id"], 1);
}

const SCRIPT: &str = r#"
import asyncio, os
from chatwoot import AsyncChatwootClient, ChatwootClient
url, token = os.environ["URL"], os.environ["TOKEN"]
with ChatwootClient(base_url=url, api_token=token) as client:
    profile = client.profile.get()
    assert profile.role.value == "administrator" and profile.accounts[0].id == 1, profile
    inboxes = client.inboxes.list(1)
    assert len(inboxes) == 1 and client.inboxes.get(1, inboxes[0].id) == inboxes[0], inboxes
async def again():
    async with AsyncChatwootClient(base_url=url, api_token=token) as client:
        assert (await client.profile.get()) == profile
        assert (await client.inboxes.list(1)) == inboxes
asyncio.run(again())
"#;

#[tokio::test]
#[ignore = "on demand: installs chatwoot-sdk from PyPI into a temporary folder"]
async fn on_demand_the_python_client_of_chatwoot_works() {
    let app = App::start();
    app.api("admin").accepted(event_in("message_created", 7)).await;
    let folder = tempfile::tempdir().expect("a folder");
    let python = folder.path().join("bin/python");
    let run = |program: &std::path::Path, args: &[&str]| {
        let mut command = Command::new(program);
        command.args(args).env("URL", &app.url).env("TOKEN", app.token("admin"));
        let output = command.output().expect("a program");
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    run("python3".as_ref(), &["-m", "venv", folder.path().to_str().expect("UTF-8")]);
    run(&python, &["-m", "pip", "install", "--quiet", "chatwoot-sdk==0.2.0"]);
    run(&python, &["-c", SCRIPT]);
}
