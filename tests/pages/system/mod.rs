//! The settings of the installation, its state, and outages of the database.

mod outage;
mod settings;
mod status;
