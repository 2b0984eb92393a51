use serde_json::{Value, json};

use crate::support::{Place, Receiver, Reply};

fn export(place: &Place, name: &str, content: &Value) -> String {
    let file = place.folder().join(name);
    std::fs::write(&file, content.to_string()).expect("a file");
    file.display().to_string()
}

#[test]
fn an_export_of_svix_is_taken_over_once() {
    let place = Place::with_tables();
    let content = json!({"data": [
        {"url": "https://crm.example.com/in?key=hidden", "description": "CRM", "filterTypes": ["message.created"],
            "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "headers": {"Authorization": "Bearer abc"}, "rateLimit": 5},
        {"url": "https://bi.example.com/", "description": "BI", "filterTypes": ["invoice.paid"]},
        {"url": "ftp://old.example.com/", "description": "Old", "filterTypes": null},
    ]});
    let file = export(&place, "svix.json", &content);
    let dry = place.run_ok(&["import", "svix", &file, "--dry-run"]);
    assert!(dry.contains("would be added\tCRM\thttps://crm.example.com/"), "{dry}");
    assert!(dry.contains("no counterpart: rate limit") && dry.contains("no counterpart: event invoice.paid"), "{dry}");
    assert!(dry.contains("1 would be added, 0 exist already, 2 not taken over"), "{dry}");
    let real = place.run_ok(&["import", "svix", &file]);
    assert!(real.contains("1 added, 0 exist already, 2 not taken over"), "{real}");
    assert!(!real.contains("hidden") && !real.contains("whsec_") && !real.contains("abc"), "no secret: {real}");
    let again = place.run_ok(&["import", "svix", &file]);
    assert!(again.contains("0 added, 1 exist already, 2 not taken over"), "{again}");
}

#[test]
fn an_export_of_convoy_is_taken_over_with_its_subscriptions() {
    let place = Place::with_tables();
    let content = json!({
        "endpoints": {"content": [{"uid": "e1", "name": "CRM", "url": "https://crm.example.com/in", "status": "paused",
            "secrets": [{"value": "short"}]}]},
        "subscriptions": {"content": [{"endpoint_metadata": {"uid": "e1"}, "filter_config": {"event_types": ["*"]}}]},
    });
    let file = export(&place, "convoy.json", &content);
    let said = place.run_ok(&["import", "convoy", &file]);
    assert!(said.contains("added\tCRM") && said.contains("no counterpart: signing secret"), "{said}");
    let line = place.run(&["import", "convoy", "/nowhere.json"]).error_line(1);
    assert!(line.contains("/nowhere.json"), "{line}");
}

#[test]
fn the_webhooks_of_a_chatwoot_are_taken_over_and_deleted_there() {
    let (place, chatwoot) = (Place::with_tables(), Receiver::start());
    let reply = |body: Value| Reply::Full(200, vec![], body.to_string().into_bytes());
    let accounts = json!({"accounts": [{"id": 3, "name": "Nova", "role": "administrator"}]});
    chatwoot.answers("/api/v1/profile", [reply(accounts)]);
    let webhooks = json!({"payload": {"webhooks": [
        {"id": 9, "name": "CRM", "url": "https://u:p@crm.example.com/in", "subscriptions": ["message_created"],
            "secret": "wh3kQm8Zt1cVb5Xy7Ns2Rd9P"},
        {"id": 10, "name": "Odd", "url": "https://odd.example.com/", "subscriptions": ["conversation_exploded"]},
    ]}});
    chatwoot.answers("/api/v1/accounts/3/webhooks", [reply(webhooks)]);
    let token = place.folder().join("token");
    std::fs::write(&token, "secret-token\n").expect("a file");
    let token = token.display().to_string();
    let arguments =
        ["import", "chatwoot", &chatwoot.url, "--source-token-file", &token, "--allow-networks", "127.0.0.0/8"];
    let said = place.run_ok(&arguments);
    assert!(said.contains("added\tCRM") && said.contains("1 added, 0 exist already, 1 not taken over"), "{said}");
    assert!(said.contains("--turn-off-there") && !said.contains("u:p@") && !said.contains("secret-token"), "{said}");
    assert_eq!(chatwoot.seen("/api/v1/profile")[0].header("api-access-token"), "secret-token");
    assert!(chatwoot.seen("/api/v1/accounts/3/webhooks/9").is_empty(), "nothing is deleted unasked");
    let off = place.run_ok(&[&arguments[..], &["--turn-off-there"]].concat());
    assert!(off.contains("exists\tCRM") && off.contains("deleted in Chatwoot\tCRM"), "{off}");
    assert_eq!(chatwoot.seen("/api/v1/accounts/3/webhooks/9")[0].method, "DELETE");
    assert!(chatwoot.seen("/api/v1/accounts/3/webhooks/10").is_empty(), "what is not here stays there");
    let typed = place.run_with(
        &["import", "chatwoot", &chatwoot.url, "--dry-run", "--allow-networks", "127.0.0.0/8"],
        "typed-token\n",
    );
    assert_eq!(typed.code, Some(0), "{typed:?}");
    let line = place
        .run(&[
            "import",
            "chatwoot",
            &chatwoot.url,
            "--allow-networks",
            "127.0.0.0/8",
            "--account",
            "4",
            "--source-token-file",
            &token,
        ])
        .error_line(2);
    assert!(line.contains("--account must be one of 3"), "{line}");
}
