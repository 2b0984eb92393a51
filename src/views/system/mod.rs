//! The settings of the installation, and its state.

pub mod settings;
pub mod status;
