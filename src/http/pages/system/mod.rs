//! The settings of the installation, and its status.

pub mod settings;
pub mod status;
