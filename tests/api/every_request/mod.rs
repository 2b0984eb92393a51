//! Rules for every request to the API.

mod clients;
mod compatible;
mod errors;
mod json;
mod long_lists;
mod request_line;
mod snapshots;
mod text;
mod unknown_names;
