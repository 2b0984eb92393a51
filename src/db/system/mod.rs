//! The installation: its settings, id and diagnostics, backups, and locks of tasks.

pub mod backup;
pub mod diagnostics;
pub(super) mod installation;
pub mod settings;
pub mod task_locks;
