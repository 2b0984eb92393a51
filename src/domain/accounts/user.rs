//! Users: people who sign in.

use zxcvbn::{Score, zxcvbn};

use crate::domain::id::UserId;
use crate::domain::problem::{Field, Problem, Problems};
use crate::domain::string_enum::string_enum;
use crate::domain::timestamp::Timestamp;
use crate::domain::{name, text};

string_enum!(
    /// What a user may do.
    Role {
        /// Everything.
        Admin = "admin",
        /// Read; no secrets, no sending.
        Viewer = "viewer",
    }
);

string_enum!(
    /// The languages of the pages.
    Language {
        /// English.
        En = "en",
        /// Ukrainian.
        Uk = "uk",
    }
);

string_enum!(
    /// The theme of the pages, if it differs from the system's.
    Theme {
        /// Dark on light.
        Light = "light",
        /// Light on dark.
        Dark = "dark",
    }
);

/// A person who signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Unique in this installation.
    pub id: UserId,
    /// The sign-in name, in lower case.
    pub email: String,
    /// The name on the pages.
    pub name: String,
    /// The permissions of the user.
    pub role: Role,
    /// The language that the user chose.
    pub language: Option<Language>,
    /// `None` follows the user's system.
    pub theme: Option<Theme>,
    /// An IANA time zone, for example `Europe/Kyiv`.
    pub time_zone: String,
    /// When the user was disabled; a disabled user cannot sign in.
    pub disabled_at: Option<Timestamp>,
    /// When the user was added.
    pub created_at: Timestamp,
    /// When the user last signed in.
    pub last_sign_in_at: Option<Timestamp>,
}

/// A validated account, before its password is hashed.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// Lower case.
    pub email: String,
    /// 1 to [`name::NAME_CHARS_MAX`] characters.
    pub name: String,
    /// The permissions of the user.
    pub role: Role,
    /// The language that the user chose.
    pub language: Option<Language>,
    /// A known IANA time zone.
    pub time_zone: String,
}

impl NewUser {
    /// Validates an account and its password together, so that all problems are reported at once.
    pub fn parse(name: &str, email: &str, password: &str, role: Role, time_zone: &str) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let name = problems.keep(Field::UserName, parse_name(name)).unwrap_or_default();
        let email = problems.keep(Field::Email, parse_email(email)).unwrap_or_default();
        problems.keep(Field::Password, check_password(password, &[&name, &email]));
        let time_zone = problems.keep(Field::TimeZone, parse_zone(time_zone)).unwrap_or_default();
        problems.or(Self { email, name, role, language: None, time_zone })
    }
}

/// The length of a new password (NIST SP 800-63B §5.1.1.2 asks for at least 8, and for 64 or more to be accepted).
pub const PASSWORD_CHARS: std::ops::RangeInclusive<usize> = 12..=128;
/// The longest e-mail address (RFC 5321 §4.5.3.1.3, without the angle brackets).
const EMAIL_BYTES_MAX: usize = 254;

/// What users may change of their own account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// 1 to [`name::NAME_CHARS_MAX`] characters.
    pub name: String,
    /// `None` follows the browser.
    pub language: Option<Language>,
    /// A known IANA time zone.
    pub time_zone: String,
    /// `None` follows the user's system.
    pub theme: Option<Theme>,
}

/// Validates the name of a user.
pub fn parse_name(typed: &str) -> Result<String, Problem> {
    name::parse_name(typed)?.ok_or(Problem::UserNameMissing)
}

/// Validates an IANA time zone; blank means UTC. Browsers still send the former spelling of Kyiv, which is replaced.
pub fn parse_zone(typed: &str) -> Result<String, Problem> {
    let zone = match typed.trim() {
        "" => "UTC",
        "Europe/Kiev" => "Europe/Kyiv",
        zone => zone,
    };
    jiff::tz::TimeZone::get(zone).map(|_| zone.to_owned()).map_err(|_| Problem::TimeZoneUnknown)
}

/// Validates an e-mail address as a sign-in name and converts it to lower case: text, `@`, text; at most [`EMAIL_BYTES_MAX`].
pub fn parse_email(typed: &str) -> Result<String, Problem> {
    let email = text::trimmed(typed).to_lowercase();
    let parts = email.split_once('@').filter(|(local, domain)| !local.is_empty() && !domain.is_empty());
    match parts {
        Some((_, domain))
            if email.len() <= EMAIL_BYTES_MAX
                && !domain.contains('@')
                && !email.contains(char::is_whitespace)
                && text::is_clean(&email) =>
        {
            Ok(email)
        }
        _ => Err(Problem::EmailInvalid),
    }
}

/// Validates a new password: [`PASSWORD_CHARS`] characters of any kind (NIST SP 800-63B §5.1.1.2: no rules of composition). Refuses
/// common passwords, variants of `about` (the user's name and e-mail address), and everything that zxcvbn estimates to
/// be guessed within a million attempts.
pub fn check_password(typed: &str, about: &[&str]) -> Result<(), Problem> {
    match typed.chars().count() {
        count if count < *PASSWORD_CHARS.start() => Err(Problem::AccountPasswordTooShort),
        count if count > *PASSWORD_CHARS.end() => Err(Problem::AccountPasswordTooLong),
        _ if is_easy(typed, about) => Err(Problem::AccountPasswordEasy),
        _ => Ok(()),
    }
}

/// Only the beginning is estimated: a password with a strong beginning is strong, and zxcvbn's time grows with the
/// square of the length (at most 40 ms for 32 characters, 2 s for 128).
const ESTIMATED_CHARS_MAX: usize = 32;

fn is_easy(password: &str, about: &[&str]) -> bool {
    let password: String = password.chars().take(ESTIMATED_CHARS_MAX).collect();
    let parts = about.iter().flat_map(|text| text.split(['@', '.', ' '])).chain(about.iter().copied());
    let known: Vec<&str> = parts.chain(["hachok"]).filter(|part| part.chars().count() > 2).collect();
    zxcvbn(&password, &known).score() < Score::Two
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_easily_guessed_password_is_refused() {
        let about = ["Олена Коваль", "olena.koval@shop.example"];
        for easy in [
            "password1234",
            "123456789012",
            "qwertyuiop[]",
            "aaaaaaaaaaaa",
            "P@ssw0rd1234",
            "administrator1",
            "letmeinletmein",
            "olena.koval@shop.example",
            "hachok123456",
            "коваль123456",
        ] {
            assert_eq!(check_password(easy, &about), Err(Problem::AccountPasswordEasy), "{easy}");
        }
        assert_eq!(check_password(&"a".repeat(128), &about), Err(Problem::AccountPasswordEasy));
        for good in ["correct horse battery", "x7Kq-pw0z-11aa", "йогурт і сорок літаків", "            .           !"]
        {
            assert_eq!(check_password(good, &about), Ok(()), "{good}");
        }
        assert_eq!(check_password(&"я".repeat(11), &about), Err(Problem::AccountPasswordTooShort));
        assert_eq!(check_password(&"я".repeat(129), &about), Err(Problem::AccountPasswordTooLong));
    }

    #[test]
    fn a_name_and_an_e_mail_address_contain_no_hidden_character() {
        assert_eq!(parse_name(" Олена Коваль "), Ok("Олена Коваль".into()));
        for hidden in ["a\nb", "a\u{202e}b", "a\u{3164}", "a\0"] {
            assert_eq!(parse_name(hidden), Err(Problem::NameHasControls), "{hidden:?}");
        }
        assert_eq!(parse_email("\u{feff}Olena@Shop.example\u{200b} "), Ok("olena@shop.example".into()));
        for wrong in ["olena@sh\u{ad}op.example", "ol\tena@shop.example", "olena@shop.example\0", "@b", "a@", "a b@c"] {
            assert_eq!(parse_email(wrong), Err(Problem::EmailInvalid), "{wrong:?}");
        }
    }

    #[test]
    fn a_time_zone_must_exist_and_is_spelled_as_today() {
        for (typed, expected) in [
            ("", Ok("UTC")),
            (" Europe/Kyiv ", Ok("Europe/Kyiv")),
            ("Europe/Kiev", Ok("Europe/Kyiv")),
            ("Mars/Olympus", Err(Problem::TimeZoneUnknown)),
        ] {
            assert_eq!(parse_zone(typed), expected.map(str::to_owned), "{typed:?}");
        }
    }
}
