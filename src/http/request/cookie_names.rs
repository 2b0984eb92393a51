//! The names of the cookies. They carry the id of the installation: a browser sends a host's cookies to every port of
//! it (RFC 6265 §8.5), so that two installations on one host would overwrite each other's.

/// The names of one installation's cookies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CookieNames {
    /// The session.
    pub session: String,
    /// What the token of forms before a session is derived from.
    pub form: String,
    /// The language that was chosen before signing in.
    pub language: String,
    /// How the pages looked last.
    pub theme: String,
    /// The name that sessions had before names carried the id; read until those sessions end.
    pub old_session: &'static str,
}

/// The former names of the other cookies.
pub const OLD_FORM: &str = "hachok_form";
pub const OLD_LANGUAGE: &str = "hachok_lang";
pub const OLD_THEME: &str = "hachok_theme";

impl CookieNames {
    /// `secure`: the pages are reached over TLS. A browser takes a cookie whose name begins with `__Host-` only over TLS
    /// and from this host alone, not from one beside or below it.
    pub fn new(installation: &str, secure: bool) -> Self {
        let prefix = if secure { "__Host-" } else { "" };
        Self {
            session: format!("{prefix}hachok_session_{installation}"),
            form: format!("{prefix}{OLD_FORM}_{installation}"),
            language: format!("{prefix}{OLD_LANGUAGE}_{installation}"),
            theme: format!("{prefix}{OLD_THEME}_{installation}"),
            old_session: if secure { "__Host-hachok" } else { "hachok_session" },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_two_installations_differ() {
        let (one, other) = (CookieNames::new("0a1b2c3d", false), CookieNames::new("4e5f6071", false));
        assert_eq!((one.session.as_str(), one.form.as_str()), ("hachok_session_0a1b2c3d", "hachok_form_0a1b2c3d"));
        assert!(other.session != one.session && other.form != one.form && other.language != one.language);
        assert!(CookieNames::new("0a1b2c3d", true).theme.starts_with("__Host-hachok_theme_"));
    }
}
