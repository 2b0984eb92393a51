//! JSON Schemas of the events (draft 2020-12), and the fields that they list.
//!
//! Each event has a file in `schemas/`; definitions that several share are in `schemas/shared.json` and are copied to
//! `$defs`. A schema lists the fields that a receiver may rely on; a help desk may send more.

use serde_json::{Map, Value};

use super::catalogue::EventName;

const SHARED: &str = include_str!("schemas/shared.json");
const REFERENCE_TO: &str = "#/$defs/";

/// A field in the schema of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its path, for example `conversation.messages[].id`.
    pub path: String,
    /// Its JSON types, for example `string | null`; an array is written as `object[]`.
    pub types: String,
    /// The values that it may have; empty if any is allowed.
    pub values: Vec<String>,
    /// The id of its description in `locales/`.
    pub key: String,
    /// The path at which the same object was described before; its own fields are not repeated.
    pub same_as: Option<String>,
}

impl EventName {
    /// The complete JSON Schema of the event's bodies.
    pub fn schema(self) -> Value {
        let own = object(self.schema_source());
        let mut shared = Map::new();
        copy_named(&Value::Object(own.clone()), &object(SHARED), &mut shared);
        let mut schema = Map::new();
        schema.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
        schema.insert("$id".into(), format!("urn:hachok:event:{self}").into());
        schema.insert("type".into(), "object".into());
        schema.extend(own);
        schema.insert("$defs".into(), shared.into());
        schema.into()
    }

    /// The fields of the schema; an object is followed by its own fields.
    pub fn fields(self) -> Vec<Field> {
        let (own, shared) = (object(self.schema_source()), object(SHARED));
        let base = own.get("allOf").and_then(|all| reference(all.get(0)?)).unwrap_or_default();
        let common = shared.get(base).and_then(properties);
        let is_common = |name: &str| common.is_some_and(|common| common.contains_key(name));
        let own = own.get("properties").and_then(Value::as_object);
        let mut walk = Walk { shared: &shared, seen: Vec::new(), fields: Vec::new() };
        for (name, property) in own.into_iter().flatten() {
            walk.field(if is_common(name) { base } else { "body" }, name.clone(), name, property);
        }
        let is_own = |name: &str| own.is_some_and(|own| own.contains_key(name));
        for (name, property) in common.into_iter().flatten().filter(|(name, _)| !is_own(name)) {
            walk.field(base, name.clone(), name, property);
        }
        walk.fields
    }
}

struct Walk<'a> {
    shared: &'a Map<String, Value>,
    /// Shared objects that were described already, and their paths.
    seen: Vec<(&'a str, String)>,
    fields: Vec<Field>,
}

impl<'a> Walk<'a> {
    fn field(&mut self, owner: &str, path: String, name: &str, property: &'a Value) {
        let key = format!("{owner}_{name}");
        let (target, shared) = self.resolved(property.get("items").unwrap_or(property));
        let before = self.seen.iter().find(|(known, _)| Some(*known) == shared).map(|(_, path)| path.clone());
        let types = self.types(property).join(" | ");
        let fields = Field { path: path.clone(), types, values: values(property), key: key.clone(), same_as: before };
        let described = fields.same_as.is_some();
        self.fields.push(fields);
        if described {
            return;
        }
        let within = if property.get("items").is_some() { format!("{path}[]") } else { path };
        if let Some(shared) = shared {
            self.seen.push((shared, within.clone()));
        }
        for (name, property) in properties(target).into_iter().flatten() {
            self.field(shared.unwrap_or(&key), format!("{within}.{name}"), name, property);
        }
    }

    /// Resolves a reference: the schema of a property, and its name if it is shared.
    fn resolved(&self, property: &'a Value) -> (&'a Value, Option<&'a str>) {
        let choice = property.get("anyOf").and_then(|choices| choices.get(0)).unwrap_or(property);
        match reference(choice) {
            Some(name) => (self.shared.get(name).unwrap_or(choice), Some(name)),
            None => (choice, None),
        }
    }

    fn types(&self, property: &'a Value) -> Vec<String> {
        if let Some(choices) = property.get("anyOf").and_then(Value::as_array) {
            return choices.iter().flat_map(|choice| self.types(choice)).collect();
        }
        let (target, _) = self.resolved(property);
        let of_array = || self.types(property.get("items").unwrap_or(&Value::Null)).join(" | ");
        let written = |name: &str| if name == "array" { format!("{}[]", of_array()) } else { name.to_owned() };
        match (target.get("type"), target.get("const"), target.get("enum")) {
            (Some(Value::String(name)), _, _) => vec![written(name)],
            (Some(Value::Array(names)), _, _) => names.iter().filter_map(Value::as_str).map(written).collect(),
            (None, Some(only), _) => vec![type_of(only).to_owned()],
            (None, None, Some(Value::Array(list))) => {
                let mut types: Vec<String> = list.iter().map(|value| type_of(value).to_owned()).collect();
                types.dedup();
                types
            }
            _ => Vec::new(),
        }
    }
}

/// Parses an embedded file; a test parses all of them.
fn object(source: &str) -> Map<String, Value> {
    serde_json::from_str(source).unwrap_or_default()
}

fn properties(schema: &Value) -> Option<&Map<String, Value>> {
    schema.get("properties")?.as_object()
}

/// The name of the shared definition that a `$ref` refers to.
fn reference(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix(REFERENCE_TO)
}

/// Copies the definitions that `schema` refers to, directly or through others.
fn copy_named(schema: &Value, shared: &Map<String, Value>, copied: &mut Map<String, Value>) {
    if let Some(name) = reference(schema).filter(|name| !copied.contains_key(*name))
        && let Some(definition) = shared.get(name)
    {
        copied.insert(name.to_owned(), definition.clone());
        copy_named(definition, shared, copied);
    }
    match schema {
        Value::Object(members) => members.values().for_each(|value| copy_named(value, shared, copied)),
        Value::Array(items) => items.iter().for_each(|value| copy_named(value, shared, copied)),
        _ => {}
    }
}

fn values(property: &Value) -> Vec<String> {
    let list = property.get("enum").and_then(Value::as_array).into_iter().flatten().chain(property.get("const"));
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    list.filter(|value| !value.is_null()).map(text).collect()
}

const fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn valid(schema: &Value, body: &Value) -> bool {
        jsonschema::draft202012::new(schema).is_ok_and(|validator| validator.is_valid(body))
    }

    fn sample(event: EventName) -> Value {
        serde_json::from_str(event.sample()).unwrap_or_default()
    }

    #[test]
    fn every_schema_is_one_and_its_sample_satisfies_it() {
        for event in EventName::ALL {
            let schema = event.schema();
            assert!(jsonschema::draft202012::meta::is_valid(&schema), "{event}");
            let validator = jsonschema::draft202012::new(&schema).expect("a schema");
            let faults: Vec<String> = validator.iter_errors(&sample(*event)).map(|fault| fault.to_string()).collect();
            assert!(faults.is_empty(), "{event}: {faults:?}");
        }
    }

    #[test]
    fn a_damaged_sample_does_not_satisfy_its_schema() {
        for event in EventName::ALL {
            for (field, value) in [("event", Value::from("message_exploded")), ("account", Value::from(3))] {
                let mut damaged = sample(*event);
                assert!(valid(&event.schema(), &damaged), "{event}");
                match damaged.pointer_mut("/conversation/account") {
                    Some(place) if field == "account" => *place = value,
                    _ => damaged[field] = value,
                }
                assert!(!valid(&event.schema(), &damaged), "{event} without a good {field}");
            }
        }
    }

    #[test]
    fn a_schema_carries_all_that_it_refers_to_and_no_more() {
        let schema = EventName::ContactCreated.schema();
        let shared: Vec<&str> =
            schema["$defs"].as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
        assert_eq!(shared, ["contact", "account"]);
    }

    #[test]
    fn fields_are_listed_with_their_paths_and_types() {
        let fields = EventName::MessageReceived.fields();
        let field = |path: &str| fields.iter().find(|field| field.path == path).expect(path);
        assert_eq!(field("message_type").values, ["incoming"]);
        assert_eq!(field("message_type").key, "message_message_type");
        assert_eq!(field("attachments").types, "object[]");
        assert_eq!(field("attachments[].data_url").types, "string | null");
        assert_eq!(field("sender").types, "object | null");
        assert_eq!(field("conversation.labels").types, "string[]");
        assert_eq!(field("conversation.priority").values, ["low", "medium", "high", "urgent"]);
        assert_eq!(field("conversation.meta.team.name").key, "team_name");
        assert_eq!(field("account").same_as, None);
        assert_eq!(field("conversation.account").same_as.as_deref(), Some("account"));
        let mut paths: Vec<&str> = fields.iter().map(|field| field.path.as_str()).collect();
        paths.sort_unstable();
        let all = paths.len();
        paths.dedup();
        assert_eq!(all, paths.len(), "each path once");
        assert!(fields.iter().all(|field| !field.types.is_empty() && !field.types.contains("[] []")));
    }
}
