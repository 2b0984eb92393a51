//! Short names for the schemas of the document.

use serde_json::{Value, json};
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::schema::{
    AdditionalProperties, AnyOfBuilder, Array, ArrayBuilder, KnownFormat, Object, ObjectBuilder, OneOfBuilder,
    SchemaFormat, SchemaType, Type,
};
use utoipa::openapi::{Ref, RefOr};

/// A schema, or a reference to one.
pub type Schema = RefOr<utoipa::openapi::Schema>;

pub fn text(about: &str) -> ObjectBuilder {
    of_type(Type::String, about)
}

pub fn integer(about: &str) -> ObjectBuilder {
    of_type(Type::Integer, about)
}

pub fn boolean(about: &str) -> ObjectBuilder {
    of_type(Type::Boolean, about)
}

/// RFC 3339.
pub fn time(about: &str) -> ObjectBuilder {
    text(about).format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
}

fn of_type(kind: Type, about: &str) -> ObjectBuilder {
    let builder = ObjectBuilder::new().schema_type(kind);
    if about.is_empty() { builder } else { builder.description(Some(about)) }
}

/// Any JSON.
pub fn anything(about: &str) -> ObjectBuilder {
    let builder = ObjectBuilder::new().schema_type(SchemaType::AnyValue);
    if about.is_empty() { builder } else { builder.description(Some(about)) }
}

/// A name that comes out. Its set is open: clients must expect values that they do not know.
pub fn open<'a>(about: &str, names: impl IntoIterator<Item = &'a str>) -> ObjectBuilder {
    let names: Vec<&str> = names.into_iter().collect();
    let listed = ExtensionsBuilder::new().add("x-extensible-enum", json!(names)).build();
    text(&format!("{about} New values may be added.")).extensions(Some(listed))
}

/// A name that goes in: one of these.
pub fn choice<'a>(about: &str, names: impl IntoIterator<Item = &'a str>) -> ObjectBuilder {
    text(about).enum_values(Some(names.into_iter().map(Value::from)))
}

/// A filter: one of these, or empty, which does not filter.
pub fn filter<'a>(about: &str, names: impl IntoIterator<Item = &'a str>) -> ObjectBuilder {
    choice(about, names.into_iter().chain([""]))
}

pub fn or_null(schema: ObjectBuilder) -> Object {
    let mut object = schema.build();
    if let SchemaType::Type(kind) = object.schema_type.clone() {
        object.schema_type = SchemaType::from_iter([kind, Type::Null]);
    }
    object
}

/// The schema of that name in `components`.
pub fn named(name: &str) -> Schema {
    Ref::from_schema_name(name).into()
}

pub fn named_or_null(name: &str) -> Schema {
    either([named(name), ObjectBuilder::new().schema_type(Type::Null).into()])
}

/// At least one of these.
pub fn any_of(schemas: impl IntoIterator<Item = Schema>) -> Schema {
    schemas.into_iter().fold(AnyOfBuilder::new(), AnyOfBuilder::item).into()
}

/// Exactly one of these.
pub fn either(schemas: impl IntoIterator<Item = Schema>) -> Schema {
    schemas.into_iter().fold(OneOfBuilder::new(), OneOfBuilder::item).into()
}

pub fn list(about: &str, of: impl Into<Schema>) -> Array {
    let items: Schema = of.into();
    let builder = ArrayBuilder::new().items(items);
    if about.is_empty() { builder.build() } else { builder.description(Some(about)).build() }
}

/// An object whose members all have this schema.
pub fn map(about: &str, of: impl Into<Schema>) -> ObjectBuilder {
    let values: Schema = of.into();
    of_type(Type::Object, about).additional_properties(Some(AdditionalProperties::RefOr(values)))
}

/// An object, whose members follow.
pub fn object(about: &str) -> Members {
    Members(of_type(Type::Object, about))
}

/// An object with its members.
pub struct Members(ObjectBuilder);

impl Members {
    /// A member that is always there.
    pub fn has(self, name: &str, schema: impl Into<Schema>) -> Self {
        Self(self.0.property(name, schema).required(name))
    }

    /// A member that may be left out.
    pub fn may(self, name: &str, schema: impl Into<Schema>) -> Self {
        Self(self.0.property(name, schema))
    }

    /// Other members are refused.
    pub fn and_no_other(self) -> Self {
        Self(self.0.additional_properties(Some(AdditionalProperties::FreeForm(false))))
    }

    /// There may be any others.
    pub fn and_others(self) -> Self {
        Self(self.0.additional_properties(Some(AdditionalProperties::FreeForm(true))))
    }
}

impl From<Members> for Schema {
    fn from(members: Members) -> Self {
        members.0.into()
    }
}

/// `{"payload":{NAME:…}}`.
pub fn enveloped(name: &str, schema: impl Into<Schema>) -> Members {
    object("").has("payload", object("").has(name, schema))
}

/// `ignored` of Chatwoot's routes.
pub fn with_ignored(members: Members) -> Members {
    let names = list("Names in the query or the body that are not known; at most 20.", text(""));
    members.may("ignored", names)
}
