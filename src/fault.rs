//! How a command ends that did not work.

/// A command that did not work: its one line for stderr, and the exit code.
#[derive(Debug)]
pub enum Fault {
    /// Exit code 2.
    Setting(String),
    /// Exit code 1.
    RunTime(String),
}

impl<E: std::error::Error> From<E> for Fault {
    fn from(error: E) -> Self {
        Self::RunTime(error.to_string())
    }
}
