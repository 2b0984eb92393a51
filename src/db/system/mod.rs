//! The installation: settings, id, diagnostics, backups, and locks of background tasks.

pub mod backup;
pub mod diagnostics;
pub mod examination;
pub(super) mod installation;
pub mod orphans;
pub mod partitions;
pub mod server_clock;
pub mod settings;
pub mod task_locks;
