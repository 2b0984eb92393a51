//! People who sign in.

use super::cause::named;
use super::id::UserId;
use super::problem::{Field, Problem, Problems};
use super::timestamp::Timestamp;

named!(
    /// What a person may do.
    Role {
        /// Everything.
        Admin = "admin",
        /// Read; no secrets, no sending.
        Viewer = "viewer",
    }
);

named!(
    /// The two languages.
    Language {
        /// English.
        En = "en",
        /// Ukrainian.
        Uk = "uk",
    }
);

/// A person who signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Their number.
    pub id: UserId,
    /// Sign-in name, lower case.
    pub email: String,
    /// What the pages call them.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// The language they chose, if they chose one.
    pub language: Option<Language>,
    /// An IANA time zone, for example `Europe/Kyiv`.
    pub time_zone: String,
    /// Since then they cannot sign in.
    pub disabled_at: Option<Timestamp>,
    /// When they were added.
    pub created_at: Timestamp,
    /// When they last signed in.
    pub last_sign_in_at: Option<Timestamp>,
}

/// A checked account, before its password is hashed.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// Lower case.
    pub email: String,
    /// 1–120 characters.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// The language they chose.
    pub language: Option<Language>,
    /// A known IANA time zone.
    pub time_zone: String,
}

impl NewUser {
    /// Checks an account and its password together, so that all problems are shown at once.
    pub fn parse(name: &str, email: &str, password: &str, role: Role, time_zone: &str) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let name = name.trim();
        if name.is_empty() {
            problems.add(Field::UserName, Problem::UserNameMissing);
        } else if name.chars().count() > 120 {
            problems.add(Field::UserName, Problem::NameTooLong);
        } else if name.chars().any(char::is_control) {
            problems.add(Field::UserName, Problem::NameHasControls);
        }
        let email = problems.keep(Field::Email, parse_email(email)).unwrap_or_default();
        problems.keep(Field::Password, check_password(password));
        let time_zone = match time_zone.trim() {
            "" => "UTC",
            zone => zone,
        };
        if jiff::tz::TimeZone::get(time_zone).is_err() {
            problems.add(Field::TimeZone, Problem::TimeZoneUnknown);
        }
        problems.or(Self { email, name: name.to_owned(), role, language: None, time_zone: time_zone.to_owned() })
    }
}

/// An e-mail address as far as a sign-in name needs it, in lower case: something, `@`, something.
pub fn parse_email(typed: &str) -> Result<String, Problem> {
    let email = typed.trim().to_lowercase();
    let parts = email.split_once('@').filter(|(local, domain)| !local.is_empty() && !domain.is_empty());
    match parts {
        Some((_, domain))
            if email.len() <= 254
                && !domain.contains('@')
                && !email.chars().any(|c| c.is_whitespace() || c.is_control()) =>
        {
            Ok(email)
        }
        _ => Err(Problem::EmailInvalid),
    }
}

/// 12–128 characters, any (NIST SP 800-63B §5.1.1.2: no rules of composition).
pub fn check_password(typed: &str) -> Result<(), Problem> {
    match typed.chars().count() {
        0..12 => Err(Problem::AccountPasswordTooShort),
        12..=128 => Ok(()),
        _ => Err(Problem::AccountPasswordTooLong),
    }
}
