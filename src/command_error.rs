//! The error of a command.

/// Why a command failed: its message, one line on stderr, and its exit code.
#[derive(Debug)]
pub enum CommandError {
    /// A wrong setting or usage; exit code 2.
    Setting(String),
    /// A failure at run time; exit code 1.
    RunTime(String),
}

impl CommandError {
    /// The message without the `hachok: ` in front of it.
    pub fn line(&self) -> &str {
        let (Self::Setting(line) | Self::RunTime(line)) = self;
        line
    }
}

impl<E: std::error::Error> From<E> for CommandError {
    fn from(error: E) -> Self {
        Self::RunTime(error.to_string())
    }
}
