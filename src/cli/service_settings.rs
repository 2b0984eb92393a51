//! Has commands that root runs find the database of the service.
//!
//! A shell does not have the settings that systemd gives the service (`packaging/hachok.service`). Without them a command
//! would look for `data/hachok.db` in the working folder. Nothing here overrides a flag, a variable of the environment or a
//! database in the working folder, and `serve` does not look here.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use clap::Command as Usage;

use super::input_file::limited;
use crate::command_error::CommandError;
use crate::domain::system::database_url::DatabaseUrl;

/// The settings of the service.
const FILE: &str = "/etc/hachok.env";
/// Names another such file.
const FILE_VARIABLE: &str = "HACHOK_ENV_FILE";
/// The working folder of the service.
const FOLDER: &str = "/var/lib/hachok";
/// The database in that folder, and in any other, without a setting.
const DATABASE: &str = "data/hachok.db";
const DATABASE_VARIABLE: &str = "DATABASE_URL";
/// The key file in that folder, with Postgres and without a setting.
const KEY: &str = "data/secret.key";
const KEY_VARIABLE: &str = "HACHOK_SECRET_KEY_FILE";
const FILE_BYTES_MAX: usize = 64 * 1024;

/// Gives the subcommands of `usage`, but for `serve`, the settings of the service as their defaults, if root runs one of
/// them and nothing else says where the database is. Also returns the file, for the note that the command prints.
///
/// Fails if others than root could have written the file.
pub fn apply(usage: Usage) -> Result<(Usage, Option<PathBuf>), CommandError> {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let names_database = arguments.iter().any(|argument| argument.to_string_lossy().starts_with("--database-url"));
    let is_elsewhere = names_database || std::env::var_os(DATABASE_VARIABLE).is_some() || Path::new(DATABASE).exists();
    let is_without = serves(&usage, arguments.first()) || is_without_settings(arguments.first());
    if is_without || is_elsewhere || !rustix::process::geteuid().is_root() {
        return Ok((usage, None));
    }
    let file = PathBuf::from(std::env::var_os(FILE_VARIABLE).unwrap_or_else(|| FILE.into()));
    let Some(text) = read(&file)? else { return Ok((usage, None)) };
    let settings = parse(&text).map_err(|name| {
        let file = file.display();
        CommandError::Setting(format!(
            "{file}: {name} has a backslash, or quotation marks around a part: write it without"
        ))
    })?;
    Ok((with_defaults(usage, &complete(settings), true), Some(file)))
}

/// Without the name of another command the server starts, also if flags with values follow. Flags of `serve` cannot be
/// before the name of a command.
fn serves(usage: &Usage, first: Option<&OsString>) -> bool {
    let command = first.and_then(|first| usage.find_subcommand(first));
    command.is_none_or(|command| command.get_name() == "serve")
}

/// Whether the command does the same on every machine. A shell that starts reads the completions: a file that is wrong must
/// not disturb it.
fn is_without_settings(first: Option<&OsString>) -> bool {
    first.is_some_and(|first| first == "completions" || first == "man" || first == "demo")
}

/// The settings with the places of database and key as the service finds them, regardless of the working folder of the
/// command. A command that found another key, or made one, would tie a new database to a key that the service does not have.
fn complete(mut settings: HashMap<String, String>) -> HashMap<String, String> {
    let url = settings.remove(DATABASE_VARIABLE).unwrap_or_else(|| format!("sqlite://{DATABASE}"));
    let is_file = DatabaseUrl::parse(&url).is_ok_and(|url| url.file().is_some());
    // Without a setting the key of a SQLite file is beside it.
    let key = settings.remove(KEY_VARIABLE).or_else(|| (!is_file).then(|| KEY.to_owned()));
    if let Some(key) = key {
        settings.insert(KEY_VARIABLE.into(), Path::new(FOLDER).join(key).to_string_lossy().into_owned());
    }
    settings.insert(DATABASE_VARIABLE.into(), in_folder(url));
    settings
}

/// A relative path of a SQLite file is relative to the working folder of the service.
fn in_folder(url: String) -> String {
    let is_relative = DatabaseUrl::parse(&url).is_ok_and(|url| url.file().is_some_and(Path::is_relative));
    match url.split_once(':').filter(|_| is_relative) {
        Some((_, path)) => format!("sqlite://{FOLDER}/{}", path.trim_start_matches('/')),
        None => url,
    }
}

/// The text of the file; `None` if it does not exist.
fn read(file: &Path) -> Result<Option<String>, CommandError> {
    let wrong = |what: &str| CommandError::Setting(format!("{} {what}", file.display()));
    let Ok(opened) = File::open(file) else { return Ok(None) };
    let rights = opened.metadata()?;
    // Who writes the file chooses what root's commands do.
    if rights.uid() != 0 || rights.mode() & 0o022 != 0 {
        return Err(wrong("may be written by others than root; chown root and chmod 600 it, or set DATABASE_URL"));
    }
    let bytes = limited(opened, FILE_BYTES_MAX).map_err(|error| wrong(&format!("cannot be read: {error}")))?;
    String::from_utf8(bytes).map(Some).map_err(|_| wrong("cannot be read: it is no text"))
}

/// The variables of an `EnvironmentFile` (systemd.exec(5)): one a line, comments after `#` or `;`, values perhaps in
/// quotation marks. Of several lines with one name the last counts. An empty value unsets.
///
/// Escapes, continued lines and values of several quoted parts, which systemd also knows, are not read. The error is the name
/// of a setting of Hachok that has them: a command must not work with another database or key than the service.
fn parse(text: &str) -> Result<HashMap<String, String>, String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with(['#', ';']));
    let pairs = lines.filter_map(|line| line.split_once('=')).map(|(name, value)| (name.trim(), value.trim()));
    let mut found = HashMap::new();
    for (name, value) in pairs {
        if (name.starts_with("HACHOK_") || name == DATABASE_VARIABLE) && !is_plain(value) {
            return Err(name.to_owned());
        }
        let value = unquoted(value);
        if value.is_empty() {
            found.remove(name);
        } else {
            found.insert(name.to_owned(), value.to_owned());
        }
    }
    Ok(found)
}

/// Whether systemd reads the value as `unquoted` does.
fn is_plain(value: &str) -> bool {
    let inside = unquoted(value);
    let is_quoted = value.starts_with(['"', '\'']);
    !value.contains('\\') && !(is_quoted && (inside == value || inside.contains(['"', '\''])))
}

fn unquoted(value: &str) -> &str {
    let inside = |mark| value.strip_prefix(mark).and_then(|rest| rest.strip_suffix(mark));
    inside('"').or_else(|| inside('\'')).unwrap_or(value)
}

/// Values in the file are defaults, so that flags and variables of the environment come first. They live as long as the
/// process: clap takes no others.
fn with_defaults(usage: Usage, settings: &HashMap<String, String>, is_top: bool) -> Usage {
    let value = |variable: &std::ffi::OsStr| settings.get(variable.to_str()?).cloned();
    let given = |arg: clap::Arg| match arg.get_env().filter(|_| !is_top).and_then(value) {
        Some(value) => arg.default_value(&*value.leak()).hide_default_value(true),
        None => arg,
    };
    let usage = if is_top { usage } else { usage.mut_args(given) };
    usage.mut_subcommands(|command| match command.get_name() {
        "serve" if is_top => command,
        _ => with_defaults(command, settings, false),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_settings_has_comments_quotation_marks_and_empty_values() {
        let text = "# A=1\n; B=2\nC=3\n D = \"4 5\" \nE='6'\nF=\nG=7\nG=8\nnothing\nH=a=b\nC=\n";
        let mut found: Vec<(String, String)> = parse(text).expect("settings").into_iter().collect();
        found.sort();
        let expected = [("D", "4 5"), ("E", "6"), ("G", "8"), ("H", "a=b")];
        assert_eq!(found, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn a_value_that_systemd_could_read_otherwise_is_refused() {
        for value in [r"a\b", r"a\", "\"a", "\"a\" b", "\"a\"'b'", "'a\\'"] {
            assert_eq!(parse(&format!("HACHOK_X={value}\n")), Err("HACHOK_X".to_owned()), "{value}");
            assert!(parse(&format!("OTHER={value}\n")).is_ok(), "{value}");
        }
        for value in ["a\"b", "it's", "\"a b\"", "'a=b'", ""] {
            assert!(parse(&format!("HACHOK_X={value}\n")).is_ok(), "{value}");
        }
    }

    #[test]
    fn the_server_starts_without_a_command_and_also_with_flags_that_have_values() {
        let usage = || Usage::new("hachok").subcommands([Usage::new("serve"), Usage::new("token")]);
        for (first, expected) in [(None, true), (Some("--bind"), true), (Some("serve"), true), (Some("token"), false)] {
            assert_eq!(serves(&usage(), first.map(OsString::from).as_ref()), expected, "{first:?}");
        }
    }

    #[test]
    fn the_key_is_where_the_service_finds_it() {
        let postgres = "DATABASE_URL=postgres://hachok@db/hachok\n";
        for (text, key) in [
            (postgres.to_owned(), Some("/var/lib/hachok/data/secret.key")),
            (format!("{postgres}HACHOK_SECRET_KEY_FILE=keys/a.key\n"), Some("/var/lib/hachok/keys/a.key")),
            (format!("{postgres}HACHOK_SECRET_KEY_FILE=/srv/a.key\n"), Some("/srv/a.key")),
            ("HACHOK_SECRET_KEY_FILE=keys/a.key\n".to_owned(), Some("/var/lib/hachok/keys/a.key")),
            ("DATABASE_URL=sqlite:///srv/hachok.db\n".to_owned(), None),
            (String::new(), None),
        ] {
            assert_eq!(complete(parse(&text).expect("settings")).get(KEY_VARIABLE).map(String::as_str), key, "{text}");
        }
    }

    #[test]
    fn a_relative_path_begins_in_the_folder_of_the_service() {
        for (url, absolute) in [
            ("sqlite://data/hachok.db", "sqlite:///var/lib/hachok/data/hachok.db"),
            ("sqlite:my%20data.db", "sqlite:///var/lib/hachok/my%20data.db"),
            ("sqlite:///srv/hachok.db", "sqlite:///srv/hachok.db"),
            ("postgres://hachok@db/hachok", "postgres://hachok@db/hachok"),
            ("nonsense", "nonsense"),
        ] {
            assert_eq!(in_folder(url.to_owned()), absolute);
        }
    }
}
