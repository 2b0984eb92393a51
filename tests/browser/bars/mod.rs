//! Checks of every page, in both languages, light and dark, wide and narrow.

mod keyboard;
mod look;
mod measures;
mod names;
mod pages;
mod secrets;
mod weight;
mod world;
