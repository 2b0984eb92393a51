//! A connected Chatwoot: what is lost on the way from there.

mod comparison;
mod figures;
mod model;
mod visits;
