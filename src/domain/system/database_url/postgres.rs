//! Checks a Postgres URL before libpq reads it: libpq's messages repeat a malformed URL with its password.

use std::fmt;

use super::error::{BadUrl, bad, is_percent_encoded};

/// A URL that libpq can read. It may hold a password: `Debug` and `Display` leave it out.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl {
    /// The text after `postgres://`.
    rest: String,
}

/// The parts of a URL, split as libpq does (fe-connect.c, conninfo_uri_parse_options).
pub(crate) struct Parts<'a> {
    credentials: Option<&'a str>,
    pub(crate) hosts: &'a str,
    /// The name of the database, with the slash before it.
    path: &'a str,
    pub(crate) query: &'a str,
}

/// The parameters of libpq (PostgreSQL 18, 32.1.2), and JDBC's `ssl`, which it also accepts.
const PARAMETERS: &[&str] = &[
    "application_name",
    "channel_binding",
    "client_encoding",
    "connect_timeout",
    "dbname",
    "fallback_application_name",
    "gssdelegation",
    "gssencmode",
    "gsslib",
    "host",
    "hostaddr",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "krbsrvname",
    "load_balance_hosts",
    "max_protocol_version",
    "min_protocol_version",
    "oauth_client_id",
    "oauth_client_secret",
    "oauth_issuer",
    "oauth_scope",
    "options",
    "passfile",
    "password",
    "port",
    "require_auth",
    "requirepeer",
    "scram_client_key",
    "scram_server_key",
    "service",
    "servicefile",
    "ssl",
    "ssl_max_protocol_version",
    "ssl_min_protocol_version",
    "sslcert",
    "sslcertmode",
    "sslcompression",
    "sslcrl",
    "sslcrldir",
    "sslkey",
    "sslkeylogfile",
    "sslmode",
    "sslnegotiation",
    "sslpassword",
    "sslrootcert",
    "sslsni",
    "target_session_attrs",
    "tcp_user_timeout",
    "user",
];

/// Left out of messages.
const SECRET_PARAMETERS: &[&str] =
    &["password", "sslpassword", "oauth_client_secret", "scram_client_key", "scram_server_key"];

const SSL_MODES: [&str; 6] = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];

/// Added where the URL does not set them. With the keepalives a server that vanished is noticed within 25 s; TCP alone
/// takes hours. The fallback name applies unless the URL or `PGAPPNAME` sets one.
const DEFAULTS: [(&str, &str); 6] = [
    ("connect_timeout", "5"),
    ("keepalives_idle", "10"),
    ("keepalives_interval", "5"),
    ("keepalives_count", "3"),
    ("tcp_user_timeout", "15000"),
    ("fallback_application_name", "hachok"),
];

impl PostgresUrl {
    /// Checks the text after `postgres:`.
    pub(crate) fn parse(rest: &str) -> Result<Self, BadUrl> {
        let Some(rest) = rest.strip_prefix("//") else {
            return bad("needs two slashes after postgres:");
        };
        if rest.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return bad("has a blank or a control character; a blank in the password is written %20");
        }
        if !is_percent_encoded(rest) || rest.contains("%00") {
            return bad("has a % that does not begin a percent-encoded character; a % itself is written %25");
        }
        let url = Self { rest: rest.to_owned() };
        let parts = url.parts();
        if parts.hosts.contains('@') || parts.path.contains('@') {
            return bad("has an @ where none may be: in the password @ is written %40, / is %2F and % is %25");
        }
        if !parts.hosts.split(',').all(is_host) {
            return bad("has a host or a port that cannot be read; a / in the password is written %2F");
        }
        for parameter in parts.query.split('&').filter(|parameter| !parameter.is_empty()) {
            check_parameter(parameter, parts.credentials.is_some())?;
        }
        Ok(url)
    }

    /// The URL for libpq, with [`DEFAULTS`].
    pub(crate) fn for_libpq(&self) -> String {
        let mut url = format!("postgres://{}", self.rest);
        let query = self.parts().query;
        let mut separator = if query.is_empty() { '?' } else { '&' };
        if url.ends_with('?') {
            url.pop();
        }
        for (name, value) in DEFAULTS {
            if !parameters(query).any(|(known, _)| known == name) {
                url.push_str(&format!("{separator}{name}={value}"));
                separator = '&';
            }
        }
        url
    }

    pub(crate) fn parts(&self) -> Parts<'_> {
        let rest = self.rest.as_str();
        // libpq takes what is before an @ as credentials, if the @ comes before the first slash.
        let (credentials, after) = match rest.find(['@', '/']).and_then(|at| rest.split_at_checked(at)) {
            Some((before, after)) => after.strip_prefix('@').map_or((None, rest), |after| (Some(before), after)),
            None => (None, rest),
        };
        let end = after.find(['/', '?']).unwrap_or(after.len());
        let (hosts, after) = after.split_at_checked(end).unwrap_or((after, ""));
        let (path, query) = after.split_once('?').unwrap_or((after, ""));
        Parts { credentials, hosts, path, query }
    }
}

/// Without secrets: for messages, and for commands that are shown.
impl fmt::Display for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = self.parts();
        let user = parts.credentials.map(|credentials| credentials.split(':').next().unwrap_or_default());
        let user = user.map(|user| format!("{user}@")).unwrap_or_default();
        write!(f, "postgres://{user}{}{}", parts.hosts, parts.path)?;
        let shown = parameters(parts.query).filter(|(name, _)| !SECRET_PARAMETERS.contains(name));
        for (n, (name, value)) in shown.enumerate() {
            write!(f, "{}{name}={value}", if n == 0 { '?' } else { '&' })?;
        }
        Ok(())
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

pub(crate) fn parameters(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query.split('&').filter_map(|parameter| parameter.split_once('='))
}

/// `HOST`, `HOST:PORT`, `[ADDRESS]:PORT`, or nothing.
fn is_host(text: &str) -> bool {
    let port = match text.strip_prefix('[').map(|address| address.split_once(']')) {
        Some(Some((_, "" | ":"))) => "",
        Some(Some((_, port))) => match port.strip_prefix(':') {
            Some(port) => port,
            None => return false,
        },
        Some(None) => return false,
        None => text.split_once(':').map_or("", |(_, port)| port),
    };
    port.is_empty() || port.parse::<u16>().is_ok()
}

/// Refuses a parameter that libpq does not know. Its name is repeated only if the URL has credentials: without them a
/// malformed password may have been read as a parameter.
fn check_parameter(parameter: &str, has_credentials: bool) -> Result<(), BadUrl> {
    let Some((name, value)) = parameter.split_once('=').filter(|(_, value)| !value.contains(['=', '?'])) else {
        return bad("has an option after ? that is not NAME=VALUE; = and ? in a value are written %3D and %3F");
    };
    if !PARAMETERS.contains(&name) || (name == "ssl" && value != "true") {
        let is_plain = name.len() <= 40 && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        let which = if has_credentials && is_plain { format!("the option {name}") } else { "an option".to_owned() };
        return bad(format!("has {which} after ?, which libpq does not know"));
    }
    if name == "sslmode" && !SSL_MODES.contains(&value) {
        return bad(format!("has a sslmode that libpq does not know: {}", SSL_MODES.join(", ")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::system::database_url::DatabaseUrl;

    fn read(text: &str) -> PostgresUrl {
        match DatabaseUrl::parse(text) {
            Ok(DatabaseUrl::Postgres(url)) => url,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn libpq_urls_are_accepted_in_every_spelling() {
        for text in [
            "postgres://a/b",
            "postgresql://a/b",
            "Postgres://a/b",
            "POSTGRESQL://a/b",
            " postgres://a/b\n",
            "postgres://",
            "postgres:///b",
            "postgres://u@/b?host=/var/run/postgresql",
            "postgres://%2Fvar%2Frun/b",
            "postgres://u:p%40ss@h/db?sslmode=require",
            "postgres://u:p:a?s#s=&@h/db",
            "postgres://u:p@h1:1,h2:2/b?target_session_attrs=read-write",
            "postgres://u:p@[::1]:5432/b",
            "postgres://u:p@[::1]/b",
            "postgres://h:5432",
            "postgres://h/b?",
            "postgres://h/b?ssl=true",
            "postgres://h/b?user=a&password=a@b",
        ] {
            let url = read(text).for_libpq();
            assert!(url.starts_with("postgres://") && url.ends_with("&fallback_application_name=hachok"), "{url}");
            assert_eq!(url.matches('?').count() - text.matches("a?s").count(), 1, "{url}");
        }
    }

    #[test]
    fn a_refused_url_is_never_repeated_in_the_message() {
        for text in [
            "postgres:u:SECRET@h/b",
            "postgres://u:SE CRET@h/b",
            "postgres://u:SE\tCRET@h/b",
            "postgres://u:SE\u{a0}CRET@h/b",
            "postgres://u:SECRET%@h/b",
            "postgres://u:SECRET%zz@h/b",
            "postgres://u:SECRET%00@h/b",
            "postgres://u:SECRET%é@h/b",
            "postgres://u:SE@CRET@h/b",
            "postgres://u:SE/CRET@h/b",
            "postgres://u:12/SECRET@h/b",
            "postgres://u:12/SECRET?@h/b",
            "postgres://u:12/a?SECRET=x@h/b",
            "postgres://u:SECRET",
            "postgres://u:SECRET/h/b",
            "postgres://u:p@h:SECRET/b",
            "postgres://u:p@h:99999/b",
            "postgres://u:p@[::1/b",
            "postgres://u:p@[::1]SECRET/b",
            "postgres://h/b?SECRET",
            "postgres://h/b?SECRET=1",
            "postgres://h/b?password=SECRET=",
            "postgres://h/b?ssl=SECRET",
            "postgres://h/b?sslmode=SECRET",
        ] {
            let refused = DatabaseUrl::parse(text).expect_err(text).to_string();
            assert!(!refused.contains("SECRET") && !refused.contains("CRET"), "{text}: {refused}");
        }
        let foreign =
            DatabaseUrl::parse("postgres://u:p@h/b?pgbouncer=true").expect_err("a foreign option").to_string();
        assert!(foreign.contains("pgbouncer"), "{foreign}");
    }

    #[test]
    fn a_parameter_of_the_url_overrides_the_default() {
        let url = read("postgres://u:connect_timeout=1@a/b?connect_timeout=60").for_libpq();
        assert!(
            url.contains("?connect_timeout=60&keepalives_idle=10&") && url.matches("connect_timeout=").count() == 2
        );
        assert!(read("postgres://u:keepalives_idle=1@a/b").for_libpq().contains("&keepalives_idle=10"));
    }

    #[test]
    fn secrets_are_left_out_of_display_and_debug() {
        for (text, shown) in [
            ("postgres://u:p%40ss@h:1/db?sslmode=require&password=SECRET", "postgres://u@h:1/db?sslmode=require"),
            ("postgres://h/db?password=SECRET&sslpassword=SECRET", "postgres://h/db"),
            ("postgres://u@h/db", "postgres://u@h/db"),
            ("postgres://u:S:E?C@h/db", "postgres://u@h/db"),
        ] {
            assert_eq!(read(text).to_string(), shown);
            assert!(!format!("{:?}", DatabaseUrl::parse(text)).contains("SECRET"));
        }
    }
}
