//! The setting that names the database. A message never repeats a refused URL, which may hold a password.

pub mod error;
pub mod postgres;
mod postgres_tls;

use std::fmt;
use std::path::{Path, PathBuf};

use error::{BadUrl, bad, is_percent_encoded};
use postgres::PostgresUrl;

/// The database that the settings name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// The path of a SQLite file.
    Sqlite(PathBuf),
    /// A URL of a Postgres server that libpq can read.
    Postgres(PostgresUrl),
}

const WRITE_SQLITE: &str = "a SQLite file is written sqlite://PATH";
const WRITE_POSTGRES: &str = "Postgres is written postgres://USER:PASSWORD@HOST/NAME";

impl DatabaseUrl {
    /// Parses the setting. Schemes are case-insensitive (RFC 3986 §3.1). White space around the URL is ignored: files of
    /// environment variables often leave it there.
    pub fn parse(text: &str) -> Result<Self, BadUrl> {
        let text = text.trim_matches([' ', '\t', '\r', '\n']);
        if text.is_empty() {
            return bad("is empty: nothing says where the database is");
        }
        if text.starts_with(['"', '\'', '`']) {
            return bad("stands in quotation marks; leave them out");
        }
        let Some((scheme, rest)) = text.split_once(':') else {
            return bad(format!("must begin with sqlite:// or postgres://: {WRITE_SQLITE}, {WRITE_POSTGRES}"));
        };
        match scheme.to_ascii_lowercase().as_str() {
            "sqlite" => sqlite_file(rest).map(Self::Sqlite),
            "postgres" | "postgresql" => PostgresUrl::parse(rest).map(Self::Postgres),
            "file" => bad(format!("must begin with sqlite:// or postgres://: {WRITE_SQLITE}")),
            other if other.starts_with("sqlite") => bad(format!("has a scheme of another program: {WRITE_SQLITE}")),
            other if other.starts_with("postgres") || matches!(other, "jdbc" | "pgsql" | "psql" | "pg") => {
                bad(format!("has a scheme of another program: {WRITE_POSTGRES}"))
            }
            _ => bad("must begin with sqlite:// or postgres://"),
        }
    }

    /// Refuses a Postgres server that a build without the feature `postgres-tls` must not connect to.
    pub fn check_tls(&self, environment: impl Fn(&str) -> Option<String>) -> Result<(), BadUrl> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(url) => url.check_tls(cfg!(feature = "postgres-tls"), environment),
        }
    }

    /// The path of the SQLite file; `None` for Postgres.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(path) => Some(path),
            Self::Postgres(_) => None,
        }
    }

    /// The product's name, for people.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
        }
    }
}

/// Without secrets.
impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite://{}", path.display()),
            Self::Postgres(url) => url.fmt(f),
        }
    }
}

/// The path in the text after `sqlite:`. After two slashes the path is relative to the working folder, or absolute if
/// a third slash follows. Four slashes, as SQLAlchemy writes an absolute path, are accepted; so is sqlx's `?mode=rwc`, which Hachok
/// does anyway.
fn sqlite_file(rest: &str) -> Result<PathBuf, BadUrl> {
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    if rest.contains('#') {
        return bad("has a #; in the name of a file it is written %23");
    }
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    if query.split('&').any(|option| !matches!(option, "" | "mode=rwc")) {
        return bad(
            "has an option that is not understood: only ?mode=rwc is; a ? in the name of a file is written %3F",
        );
    }
    if path.contains(":memory:") {
        return bad("names a database in memory, which keeps nothing: name a file");
    }
    if path.starts_with("file:") || path.starts_with("sqlite:") {
        return bad(format!("has two schemes: {WRITE_SQLITE}"));
    }
    if path.starts_with(['~', '$']) || path.contains("${") {
        return bad("has a ~ or a variable, which are not expanded here: write the path in full");
    }
    if path.starts_with("localhost/") || path.contains(['"', '\\']) || path.starts_with('\'') || path.trim() != path {
        return bad("has no path after sqlite:// but a host, a quotation mark, a backslash or a blank");
    }
    if !is_percent_encoded(path) {
        return bad("has a % that is not followed by two hexadecimal digits; a % itself is written %25");
    }
    let Ok(path) = percent_encoding::percent_decode_str(path).decode_utf8() else {
        return bad("has percent-encoded bytes that are not UTF-8");
    };
    if path.contains(char::is_control) {
        return bad("has a control character");
    }
    let relative = path.trim_start_matches('/');
    if relative.is_empty() || path.ends_with('/') || Path::new(relative).file_name().is_none() || path.ends_with("/.") {
        return bad("names no file");
    }
    Ok(if path.starts_with('/') { format!("/{relative}").into() } else { path.into_owned().into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sqlite_urls_are_accepted_in_every_spelling() {
        for (text, path) in [
            ("sqlite://data/hachok.db", "data/hachok.db"),
            ("sqlite:///var/lib/h.db", "/var/lib/h.db"),
            ("sqlite:data/h.db", "data/h.db"),
            ("sqlite:/var/h.db", "/var/h.db"),
            ("sqlite://./h.db", "./h.db"),
            ("sqlite:////var/h.db", "/var/h.db"),
            ("sqlite://data/h.db?mode=rwc", "data/h.db"),
            ("sqlite:data/h.db?mode=rwc", "data/h.db"),
            ("sqlite://data/h.db?", "data/h.db"),
            ("SQLite://data/h.db", "data/h.db"),
            (" sqlite://data/h.db \r\n", "data/h.db"),
            ("sqlite://my%20data/h%3F.db", "my data/h?.db"),
            ("sqlite://дані/гачок.db", "дані/гачок.db"),
            ("sqlite://a b/h.db", "a b/h.db"),
            ("sqlite://a:b/h.db", "a:b/h.db"),
        ] {
            assert_eq!(DatabaseUrl::parse(text), Ok(DatabaseUrl::Sqlite(path.into())), "{text}");
        }
    }

    #[test]
    fn a_refused_url_is_never_repeated_in_the_message() {
        for text in [
            "",
            " ",
            "\n",
            "hachok.db",
            "data/hachok.db",
            "/var/hachok.db",
            ":memory:",
            "sqlite:",
            "sqlite://",
            "sqlite:///",
            "sqlite::memory:",
            "sqlite://:memory:",
            "sqlite:///:memory:",
            "sqlite://data/",
            "sqlite://.",
            "sqlite://data/..",
            "sqlite://data/.",
            "sqlite://data/h.db?mode=ro",
            "sqlite://data/h.db?mode=rw",
            "sqlite://data/h.db?mode=memory",
            "sqlite://data/h.db?cache=shared",
            "sqlite://data/h.db?mode=rwc&cache=shared",
            "sqlite://data/h.db#x",
            "sqlite://~/h.db",
            "sqlite://$HOME/h.db",
            "sqlite://${DATA}/h.db",
            "sqlite://\"data/h.db\"",
            "\"sqlite://data/h.db\"",
            "'sqlite://data/h.db'",
            "sqlite:// data/h.db",
            "sqlite://localhost/data/h.db",
            "sqlite://data\\h.db",
            "sqlite://data/h%zz.db",
            "sqlite://data/h%",
            "sqlite://data/h%ff.db",
            "sqlite://data/h%00.db",
            "sqlite://data/h%0a.db",
            "sqlite://file:data/h.db",
            "sqlite3://data/h.db",
            "sqlite+aiosqlite:///h.db",
            "file:data/h.db",
            "file:///data/h.db",
            "jdbc:sqlite:h.db",
            "jdbc:postgresql://u:SECRET@h/x",
            "postgresql+asyncpg://u:SECRET@h/x",
            "postgres+psycopg2://u:SECRET@h/x",
            "mysql://u:SECRET@h/x",
            "redis://:SECRET@h",
            "pgsql://u:SECRET@h/x",
            "host=h password=SECRET",
            "user=u password=SEC:RET host=h",
            "u:SECRET@h/x",
        ] {
            let refused = DatabaseUrl::parse(text).expect_err(text).to_string();
            assert!(!refused.contains("SECRET") && !refused.contains("RET"), "{text}: {refused}");
        }
    }
}
