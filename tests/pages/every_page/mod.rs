//! Rules for every page.

mod foreign_text;
mod front_door;
mod headers;
mod hosts;
mod htmx;
mod icons;
mod language;
mod names;
mod wording;
