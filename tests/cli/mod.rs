//! The command line: what it prints, how it ends, what it leaves behind.

mod accounts;
mod help;
mod keys;
mod processes;
mod settings;
mod tokens;
mod upgrade;
