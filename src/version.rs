//! What is running.

/// The version and, in a release build of a known commit, the commit: `0.1.0 (0123456789ab)`; made by `build.rs`.
pub const VERSION: &str = env!("HACHOK_VERSION");
