//! Rules for every request to the API.

mod clients;
mod compatible;
mod entity_tags;
mod errors;
mod idempotency;
mod json;
mod long_lists;
mod openapi;
mod request_line;
mod snapshots;
mod text;
mod unknown_names;
