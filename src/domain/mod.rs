//! The words of the product, with no input or output: what an event, a webhook, a delivery and a
//! user are, which values they may have, and the rules that need no clock, die, disk or network.

pub mod address;
pub mod authorization;
pub mod catalogue;
pub mod cause;
pub mod curl;
pub mod cursor;
pub mod delivery;
mod derived;
pub mod event;
pub mod form_token;
pub mod forwarded;
pub mod header;
pub mod health;
pub mod id;
pub mod inbox;
pub mod incoming;
pub mod invitation;
pub mod json;
pub mod period;
pub mod problem;
pub mod range;
pub mod recovery;
pub mod schema;
pub mod sealed;
pub mod search;
pub mod settings;
pub mod sign_in_limit;
pub mod signing;
pub mod system;
pub mod target_url;
pub mod text;
pub mod timestamp;
pub mod token;
pub mod user;
pub mod verification;
pub mod webhook;
