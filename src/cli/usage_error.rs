//! Turns an error of clap into one line that repeats no secret.

use std::error::Error as _;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, Error};

/// How the program ends after clap refused the command line.
pub enum UsageError {
    /// Help or version; already printed.
    Printed(ExitCode),
    /// The message for stderr.
    Message(String),
}

/// Prints help and version as clap does; turns any other error into one line that names the setting.
///
/// clap repeats the value that it could not parse. That may be a secret: the value of a setting that hides its values,
/// or a word in the wrong place, for example a database URL without its flag. Such values are left out.
pub fn describe(mut error: Error, usage: &Command) -> UsageError {
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    ) {
        // If the pipe of --help is closed, there is nothing to report.
        drop(error.print());
        return UsageError::Printed(if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS });
    }
    let setting = text(&error, ContextKind::InvalidArg).unwrap_or_default();
    if let Some(value) = text(&error, ContextKind::InvalidValue)
        && (hides_values(usage, &setting) || !is_harmless(&value))
    {
        let reason = error.source().map_or_else(|| "it is invalid".to_owned(), ToString::to_string);
        return UsageError::Message(format!("the value for '{setting}' is invalid: {reason}"));
    }
    for kind in [ContextKind::InvalidArg, ContextKind::InvalidSubcommand] {
        if let Some(word) = text(&error, kind)
            && !is_harmless(&word)
        {
            error.insert(kind, ContextValue::String("…".into()));
        }
    }
    let text = error.render().to_string();
    let lines =
        text.lines().map(str::trim).take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more"));
    let line = lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
    UsageError::Message(line.strip_prefix("error: ").unwrap_or(&line).to_owned())
}

fn text(error: &Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        _ => None,
    }
}

/// Whether a setting, as clap shows it (`--database-url <URL>`), hides its values.
fn hides_values(usage: &Command, setting: &str) -> bool {
    let name = setting.split([' ', '=']).next().and_then(|flag| flag.strip_prefix("--"));
    let here = usage.get_arguments().any(|arg| arg.is_hide_env_values_set() && arg.get_long() == name);
    here || usage.get_subcommands().any(|below| hides_values(below, setting))
}

/// The name of a flag; or a short word without signs of a password (`user:password@`, a URL, `password=…`).
fn is_harmless(word: &str) -> bool {
    if word.starts_with("--") && !word.contains('=') {
        return true;
    }
    word.chars().count() <= 80 && !word.contains('@') && !word.contains("://") && !word.to_lowercase().contains("pass")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_may_hold_a_secret_are_not_repeated() {
        for word in ["mysql://u:p@h/x", "host=h password=x", "u:p@h", "--url=u:p@h", &"x".repeat(81)] {
            assert!(!is_harmless(word), "{word}");
        }
        for word in ["dance", "--dance", "--password", "10.0.0.0/33", "127.0.0.1:99999", "--bind <ADDRESS>"] {
            assert!(is_harmless(word), "{word}");
        }
    }
}
