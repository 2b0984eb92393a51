//! Lists that come page by page.

use serde_json::{Value, json};
use utoipa::openapi::schema::ObjectBuilder;

use super::answer::answer;
use super::operation::Operation;
use super::schema::{Schema, integer, list, object, or_null, text};

/// A list that comes page by page.
pub fn paged(operation: Operation, about: &str, item: Schema, example: Value) -> Operation {
    let next =
        or_null(text("Opaque: pass it as `cursor`, with the same filters, for the next page; `null` is the end."));
    let page = object("").has("payload", list("", item)).has("next_cursor", next);
    operation
        .query("cursor", text("`next_cursor` of the page before."))
        .query("limit", integer("Entries of a page; 25 if left out.").minimum(Some(1)).maximum(Some(100)))
        .answers("200", answer(about).json(page, json!({ "payload": [example], "next_cursor": null })))
}

/// A page of the log.
pub fn of_the_log(operation: Operation, about: &str, item: Schema, example: Value) -> Operation {
    let operation = operation
        .about(
            "A page looks at a bounded part of the log, so it may hold few or none and still have a `next_cursor`. An empty \
             value does not filter.",
        )
        .query("from", moment("Created at this time or later"))
        .query("to", moment("Created before this time, or on this date"));
    paged(operation, about, item, example)
}

/// A time of a filter.
pub fn moment(about: &str) -> ObjectBuilder {
    text(&format!("{about}: RFC 3339, or a date in UTC.")).examples([json!("2026-11-21T09:00:00Z")])
}
