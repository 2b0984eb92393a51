//! The settings of the installation, its status, and outages of the database.

mod outage;
mod settings;
mod status;
