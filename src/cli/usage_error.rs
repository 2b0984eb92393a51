//! What clap found wrong with the command line or a variable, as one line that repeats no secret.

use std::error::Error as _;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, Error};

/// How to answer.
pub enum Said {
    /// Help or version, already printed.
    Help(ExitCode),
    /// A line for stderr.
    Wrong(String),
}

/// Help and version as clap writes them; a wrong setting as one line that names it.
///
/// clap repeats what it could not read. That may be a secret: the value of a setting that hides its values, or a word
/// in the wrong place, for example a database URL without its flag. Such values are left out.
pub fn of(mut error: Error, usage: &Command) -> Said {
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    ) {
        // A closed pipe behind --help is nobody's fault.
        drop(error.print());
        return Said::Help(if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS });
    }
    let setting = text(&error, ContextKind::InvalidArg).unwrap_or_default();
    if let Some(value) = text(&error, ContextKind::InvalidValue)
        && (hides_values(usage, &setting) || !is_harmless(&value))
    {
        let reason = error.source().map_or_else(|| "it is not understood".to_owned(), ToString::to_string);
        return Said::Wrong(format!("the value for '{setting}' cannot be used: {reason}"));
    }
    for kind in [ContextKind::InvalidArg, ContextKind::InvalidSubcommand] {
        if let Some(word) = text(&error, kind)
            && !is_harmless(&word)
        {
            error.insert(kind, ContextValue::String("…".into()));
        }
    }
    let text = error.render().to_string();
    let told =
        text.lines().map(str::trim).take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more"));
    let line = told.filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
    Said::Wrong(line.strip_prefix("error: ").unwrap_or(&line).to_owned())
}

fn text(error: &Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        _ => None,
    }
}

/// A setting as clap shows it: `--database-url <URL>`.
fn hides_values(usage: &Command, setting: &str) -> bool {
    let name = setting.split([' ', '=']).next().and_then(|flag| flag.strip_prefix("--"));
    let here = usage.get_arguments().any(|arg| arg.is_hide_env_values_set() && arg.get_long() == name);
    here || usage.get_subcommands().any(|below| hides_values(below, setting))
}

/// A flag's name; or short, and without the marks of a URL with a password or of `password=…`.
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
