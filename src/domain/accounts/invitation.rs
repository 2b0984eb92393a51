//! One-time links that let a person in: to an account of their own, or to a new password.

use std::time::Duration;

use super::user::{Role, parse_email, parse_name};
use crate::domain::id::UserId;
use crate::domain::problem::{Field, Problem, Problems};
use crate::domain::timestamp::Timestamp;

/// How long a link is good.
pub const LIFETIME: Duration = Duration::from_secs(7 * 24 * 3600);

/// A link that was not used yet; its token is not stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Its number.
    pub id: i64,
    /// Whom it is for.
    pub email: String,
    /// What the administrator calls them; may be empty.
    pub name: String,
    /// What they will be allowed to do.
    pub role: Role,
    /// The account that gets a new password; `None` for a new person.
    pub user_id: Option<UserId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// From then on it is refused.
    pub expires_at: Timestamp,
}

/// A checked invitation, before it has a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewInvitation {
    /// Whom it is for, lower case.
    pub email: String,
    /// What the administrator calls them; may be empty.
    pub name: String,
    /// What they will be allowed to do.
    pub role: Role,
    /// The account that gets a new password.
    pub user_id: Option<UserId>,
}

impl NewInvitation {
    /// Checks what was typed. The name is optional: whoever is invited gives it.
    pub fn parse(email: &str, name: &str, role: Role) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let email = problems.keep(Field::Email, parse_email(email)).unwrap_or_default();
        let name = match parse_name(name) {
            Err(Problem::UserNameMissing) => String::new(),
            checked => problems.keep(Field::UserName, checked).unwrap_or_default(),
        };
        problems.or(Self { email, name, role, user_id: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invitation_needs_an_address_and_no_name() {
        let good = NewInvitation::parse(" Anna@Example.com ", " ", Role::Viewer).expect("good");
        assert_eq!((good.email.as_str(), good.name.as_str()), ("anna@example.com", ""));
        let bad = NewInvitation::parse("anna", "a\nb", Role::Admin).expect_err("bad");
        assert_eq!(bad.of(&Field::Email), Some(&Problem::EmailInvalid));
        assert_eq!(bad.of(&Field::UserName), Some(&Problem::NameHasControls));
    }
}
