//! How a command ends that did not work.

/// A command that did not work: its one line for stderr, and the exit code.
#[derive(Debug)]
pub enum Fault {
    /// Exit code 2.
    Setting(String),
    /// Exit code 1.
    RunTime(String),
}

impl Fault {
    /// The line for stderr.
    pub fn line(&self) -> &str {
        let (Self::Setting(line) | Self::RunTime(line)) = self;
        line
    }
}

impl<E: std::error::Error> From<E> for Fault {
    fn from(error: E) -> Self {
        Self::RunTime(error.to_string())
    }
}
