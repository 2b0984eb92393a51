//! The names of the cookies. They contain the id of the installation: browsers send the cookies of a host to all its
//! ports (RFC 6265 §8.5), so two installations on one host would overwrite each other's cookies.

use actix_web::HttpRequest;

/// The names of one installation's cookies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CookieNames {
    pub session: String,
    /// The form token before sign-in is derived from this cookie.
    pub form: String,
    /// The language chosen before sign-in.
    pub language: String,
    /// The theme that this browser showed last.
    pub theme: String,
    /// The name of the session cookie in releases without the id; read until those sessions have ended.
    pub old_session: &'static str,
}

// The names of the other cookies in releases without the id.
pub const OLD_FORM: &str = "hachok_form";
pub const OLD_LANGUAGE: &str = "hachok_lang";
pub const OLD_THEME: &str = "hachok_theme";

impl CookieNames {
    /// `secure`: the public URL is https. Browsers accept a cookie whose name begins with `__Host-` only over TLS and
    /// only from this host, not from a sibling or subdomain.
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

/// The value of a cookie, or that of its former name.
pub(in crate::http) fn cookie_value(request: &HttpRequest, name: &str, old_name: &str) -> Option<String> {
    let cookie = request.cookie(name).or_else(|| request.cookie(old_name))?;
    Some(cookie.value().to_owned())
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
