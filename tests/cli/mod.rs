//! The command line: output, exit codes, and the files on disk.

mod absent;
mod accounts;
mod backup;
mod completions;
mod database_url;
mod demo;
mod doctor;
mod file_rights;
mod health;
mod help;
mod import;
mod keys;
mod lock;
mod log;
mod log_content;
mod newer;
mod postgres_tls;
mod processes;
pub mod readme;
pub mod row_rights;
mod send;
mod service_manager;
mod service_settings;
mod settings;
mod stop;
mod tokens;
mod upgrade;
