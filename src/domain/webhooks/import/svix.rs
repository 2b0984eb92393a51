//! Endpoints of a Svix application. The list has no secrets and headers; where they were added from
//! `…/endpoint/{id}/secret` (`key`) and `…/endpoint/{id}/headers` (`headers`), they are taken over.

use serde_json::Value;

use super::foreign::{Foreign, has, list, text_of, texts};

pub(super) fn read(value: &Value) -> Result<Vec<Foreign>, String> {
    Ok(list(value, &["/data", "/endpoints"])?.iter().map(endpoint).collect())
}

fn endpoint(one: &Value) -> Foreign {
    let mut foreign = Foreign {
        name: text_of(one, "description").to_owned(),
        is_off: one.get("disabled").and_then(Value::as_bool).unwrap_or_default(),
        ..Foreign::default()
    };
    if foreign.name.is_empty() {
        text_of(one, "uid").clone_into(&mut foreign.name);
    }
    foreign.set_url(text_of(one, "url"));
    let types = texts(one.get("filterTypes"));
    // Without types an endpoint gets every event.
    foreign.add_events(if types.is_empty() { vec!["*"] } else { types });
    let secret = [text_of(one, "secret"), text_of(one, "key")].into_iter().find(|secret| !secret.is_empty());
    foreign.secret = secret.map(str::to_owned);
    let headers = one.pointer("/headers/headers").or_else(|| one.get("headers")).and_then(Value::as_object);
    for (name, value) in headers.into_iter().flatten() {
        foreign.headers.push((name.clone(), value.as_str().unwrap_or_default().to_owned()));
    }
    for name in texts(one.pointer("/headers/sensitive")) {
        foreign.lose(format!("header {name}, whose value Svix does not export"));
    }
    for (member, what) in [
        ("channels", "channels"),
        ("rateLimit", "rate limit"),
        ("throttleRate", "rate limit"),
        ("transformation", "transformation"),
    ] {
        if has(one, member) {
            foreign.lose(what);
        }
    }
    foreign
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::events::catalogue::EventName;

    #[test]
    fn the_endpoints_of_an_application_are_read() {
        let json = serde_json::json!({"data": [
            {"id": "ep_1", "uid": "crm", "url": "https://crm.example.com/in", "version": 1, "description": "CRM",
                "filterTypes": ["message.created", "invoice.paid"], "channels": ["eu"], "disabled": true, "rateLimit": 5,
                "key": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                "headers": {"headers": {"X-Team": "a"}, "sensitive": ["X-Key"]}, "metadata": {}},
            {"id": "ep_2", "uid": "bi", "url": "https://bi.example.com/", "description": "", "disabled": false,
                "filterTypes": null},
        ], "iterator": "it", "done": true});
        let read = read(&json).expect("endpoints");
        assert_eq!((read[0].name.as_str(), read[0].is_off), ("CRM", true));
        assert_eq!(read[0].events, [EventName::MessageCreated]);
        assert_eq!(read[0].secret.as_deref(), Some("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
        assert_eq!(read[0].headers, [("X-Team".to_owned(), "a".to_owned())]);
        assert_eq!(
            read[0].without_counterpart,
            ["event invoice.paid", "header X-Key, whose value Svix does not export", "channels", "rate limit"]
        );
        assert_eq!((read[1].name.as_str(), read[1].is_off, read[1].events.as_slice()), ("bi", false, EventName::ALL));
    }
}
