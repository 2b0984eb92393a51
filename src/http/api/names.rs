//! Names in queries and bodies (docs/reference/http-api.md, "Names"). A name that is not known is refused, because a call
//! with a misspelt filter or member would do something else than was meant. Chatwoot ignores such names: on its routes they
//! are listed in the answer.

use std::collections::HashSet;
use std::fmt;

use actix_web::web::Query;
use serde::de::value::Error as Stopped;
use serde::de::{self, DeserializeOwned, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};
use serde_json::value::RawValue;

use super::error::ApiError;
use super::error_code::Code;
use super::error_entry::{Entry, pointer};

/// The names of a query that a route of Chatwoot ignores.
pub fn ignored(query: &AnyNames) -> impl Iterator<Item = String> {
    query.keys().take(NAMES_MAX).map(|name| shown(name))
}

/// A query of any names; a caller of Chatwoot's routes may send some.
pub type AnyNames = std::collections::BTreeMap<String, String>;

/// A query without parameters.
#[derive(Debug, Deserialize)]
pub struct NoParameters {}

/// What happens to a member that is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// The request is refused.
    Refused,
    /// The answer lists it in `ignored`, as on Chatwoot's routes.
    Listed,
}

/// The members of a body.
pub trait Members {
    /// The names that go in, and those that only come out: what GET answered can be sent back.
    const KNOWN: &'static [&'static [&'static str]];
    /// The name in which Chatwoot's dashboard wraps the object.
    const WRAPPER: Option<&'static str> = None;
    const UNKNOWN: Unknown = Unknown::Refused;
    /// Members whose values are sent on as they are: names in them are not looked at.
    const OPAQUE: &'static [&'static str] = &[];
    /// The members that the scope `operate` may send, if not all.
    const OPERATED: Option<&'static [&'static str]> = None;
}

/// Declares the members of a body of Hachok's own routes: `body_members!(Rotation: "overlap");`.
macro_rules! body_members {
    ($name:ident: $($known:literal),* $(,)?) => {
        #[doc = "The members of a body."]
        pub struct $name;

        impl $crate::http::api::names::Members for $name {
            const KNOWN: &'static [&'static [&'static str]] = &[&[$($known),*]];
        }
    };
}
pub(crate) use body_members;

body_members!(NoMembers:);

/// Names in one error or in `ignored`; a body may have many more.
const NAMES_MAX: usize = 20;
/// Characters of a name that are repeated.
const NAME_CHARS_MAX: usize = 100;

/// Parameters of the pages that share a query with the API.
const OF_PAGES: [&str; 3] = ["live", "seen", "known"];

/// Parses a query. A name that `Q` does not have, or that is there more than once, is refused.
pub fn query<Q: DeserializeOwned>(text: &str) -> Result<Q, ApiError> {
    let given: Vec<String> = url::form_urlencoded::parse(text.as_bytes()).map(|(name, _)| name.into_owned()).collect();
    if let Some(known) = field_names::<Q>() {
        refuse_repeated(given.iter().map(String::as_str), None, |_| None)?;
        let is_known = |name: &str| known.contains(&name) && !OF_PAGES.contains(&name);
        refuse(given.iter().map(String::as_str).filter(|name| !is_known(name)), |_| None)?;
    }
    Query::<Q>::from_query(text)
        .map(Query::into_inner)
        .map_err(|error| ApiError::parameter("query", Code::Invalid, &error.to_string()))
}

/// Checks the names of a body; returns those that are ignored. `beside` are the members beside the wrapper, of which none
/// is known.
pub fn check<M: Members>(entries: &Entries, beside: &Entries) -> Result<Vec<String>, ApiError> {
    let at_member = |name: &str| Some(pointer("", name));
    refuse_repeated(entries.names(), None, at_member)?;
    let wrappers = beside.names().filter(|name| M::WRAPPER == Some(name));
    refuse_repeated(wrappers.chain(M::WRAPPER), None, at_member)?;
    for (name, value) in entries.0.iter().filter(|(name, _)| !M::OPAQUE.contains(&name.as_str())) {
        refuse_repeated_within(value, name, &pointer("", name))?;
    }
    let is_known = |name: &&str| M::KNOWN.iter().any(|list| list.contains(name));
    let unknown = entries.names().filter(|name| !is_known(name)).chain(beside.names());
    match M::UNKNOWN {
        Unknown::Refused => refuse(unknown, at_member).map(|()| Vec::new()),
        Unknown::Listed => Ok(unknown.take(NAMES_MAX).map(shown).collect()),
    }
}

fn refuse<'a>(unknown: impl Iterator<Item = &'a str>, place: impl Fn(&str) -> Option<String>) -> Result<(), ApiError> {
    let entries: Vec<Entry> = unknown
        .take(NAMES_MAX)
        .map(|name| {
            let name = shown(name);
            let detail = format!("{name} is not a parameter");
            Entry { pointer: place(&name), field: name.into(), code: Code::UnknownParameter, detail }
        })
        .collect();
    let messages: Vec<&str> = entries.iter().map(|entry| entry.detail.as_str()).collect();
    if entries.is_empty() { Ok(()) } else { Err(ApiError::unprocessable(messages.join(", "), entries)) }
}

/// Refuses the names of objects in a member, at any depth.
fn refuse_repeated_within(value: &RawValue, member: &str, parent: &str) -> Result<(), ApiError> {
    // What is no object is checked by the handler.
    let Ok(entries) = serde_json::from_str::<Entries>(value.get()) else { return Ok(()) };
    refuse_repeated(entries.names(), Some(member), |name| Some(pointer(parent, name)))?;
    entries.0.iter().try_for_each(|(name, value)| refuse_repeated_within(value, member, &pointer(parent, name)))
}

/// The field of the error is `member` if the names are within one.
fn refuse_repeated<'a>(
    names: impl Iterator<Item = &'a str>,
    member: Option<&str>,
    place: impl Fn(&str) -> Option<String>,
) -> Result<(), ApiError> {
    let mut seen = HashSet::new();
    let Some(name) = names.into_iter().find(|name| !seen.insert(*name)).map(shown) else { return Ok(()) };
    let detail = format!("{name} is there more than once");
    let pointer = place(&name);
    let field = member.map_or(name, shown).into();
    let entry = Entry { pointer, field, code: Code::DuplicateParameter, detail };
    Err(ApiError::unprocessable(entry.detail.clone(), vec![entry]))
}

fn shown(name: &str) -> String {
    name.chars().take(NAME_CHARS_MAX).collect()
}

/// The members of a JSON object in their order, each time that they are there.
#[derive(Debug, Default)]
pub struct Entries(pub Vec<(String, Box<RawValue>)>);

impl Entries {
    /// Whether all members are in `list`.
    pub fn are_within(&self, list: &[&str]) -> bool {
        self.names().all(|name| list.contains(&name))
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// The object in the member `wrapper` and the members beside it, if there is such an object.
    pub fn unwrapped(mut self, wrapper: Option<&str>) -> Result<(Box<RawValue>, Self), Self> {
        let is_wrapper = |(name, value): &(String, Box<RawValue>)| {
            wrapper.is_some_and(|wrapper| name == wrapper) && value.get().starts_with('{')
        };
        match self.0.iter().position(is_wrapper) {
            Some(place) => {
                let (_, inner) = self.0.remove(place);
                Ok((inner, self))
            }
            None => Err(self),
        }
    }
}

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Entries;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }

        deserializer.deserialize_map(Reader)
    }
}

/// The names of the fields of a struct, as its `Deserialize` asks for them; `None` if it takes any names.
fn field_names<T: DeserializeOwned>() -> Option<&'static [&'static str]> {
    let mut names = None;
    // Always an error: nothing is deserialized.
    drop(T::deserialize(Asked(&mut names)));
    names
}

/// Stores the names of the fields that it is asked for.
struct Asked<'a>(&'a mut Option<&'static [&'static str]>);

impl<'de> Deserializer<'de> for Asked<'_> {
    type Error = Stopped;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Stopped> {
        *self.0 = Some(fields);
        Err(de::Error::custom("the fields are known"))
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Stopped> {
        Err(de::Error::custom("not a struct"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only its names are read")]
    struct Filter {
        status: Option<String>,
        #[serde(rename = "from")]
        since: Option<String>,
        live: Option<String>,
    }

    #[test]
    fn the_names_of_a_struct_are_those_that_it_deserializes() {
        assert_eq!(field_names::<Filter>(), Some(&["status", "from", "live"][..]));
        assert_eq!(field_names::<NoParameters>(), Some(&[][..]));
        assert_eq!(field_names::<AnyNames>(), None);
    }

    #[test]
    fn a_query_has_known_names_each_once() {
        for (text, refused) in [
            ("", None),
            ("status=a&from=b", None),
            ("st%61tus=a", None),
            ("status=a&status=a", Some("duplicate_parameter status")),
            ("status=a&st%61tus=b", Some("duplicate_parameter status")),
            ("since=a", Some("unknown_parameter since")),
            ("status[]=a", Some("unknown_parameter status[]")),
            ("=a", Some("unknown_parameter ")),
            ("live=1", Some("unknown_parameter live")),
            ("Status=a", Some("unknown_parameter Status")),
        ] {
            let found = query::<Filter>(text).err().map(|error| {
                let body = error.body("");
                format!(
                    "{} {}",
                    body["code"].as_str().unwrap_or_default(),
                    body["attributes"][0].as_str().unwrap_or("-")
                )
            });
            assert_eq!(found.as_deref(), refused, "{text}");
        }
        assert!(query::<AnyNames>("a=1&a=2&b").is_ok());
    }

    #[test]
    fn an_error_repeats_few_names_and_none_in_full_length() {
        let long: Vec<String> = (0..1000).map(|number| format!("\"{number}{}\":1", "ї".repeat(1000))).collect();
        let entries: Entries = serde_json::from_str(&format!("{{{}}}", long.join(","))).expect("an object");
        let body = check::<NoMembers>(&entries, &Entries::default()).expect_err("unknown").body("").to_string();
        assert!(body.len() < 30_000, "{}", body.len());
    }
}
