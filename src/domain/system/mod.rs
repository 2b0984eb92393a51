//! The settings of the installation, and its state.

pub mod database_url;
pub mod settings;
pub mod status;
