//! One-time links that create an account or set a new password.

use std::time::Duration;

use super::user::{Role, parse_email};
use crate::domain::id::UserId;
use crate::domain::name::parse_name;
use crate::domain::problem::{Field, Problems};
use crate::domain::timestamp::Timestamp;

/// The lifetime of a link.
pub const LIFETIME: Duration = Duration::from_secs(7 * 24 * 3600);

/// An unused link; its token is not stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Unique in this installation.
    pub id: i64,
    /// The invited person's e-mail address.
    pub email: String,
    /// A name suggested by the administrator; may be empty.
    pub name: String,
    /// The role of the new account.
    pub role: Role,
    /// The account that gets a new password; `None` for a new account.
    pub user_id: Option<UserId>,
    /// When the link was created.
    pub created_at: Timestamp,
    /// The link is refused from this time on.
    pub expires_at: Timestamp,
}

/// A validated invitation, before its link is created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewInvitation {
    /// The invited person's e-mail address in lower case.
    pub email: String,
    /// A name suggested by the administrator; may be empty.
    pub name: String,
    /// The role of the new account.
    pub role: Role,
    /// The account that gets a new password; `None` for a new account.
    pub user_id: Option<UserId>,
}

impl NewInvitation {
    /// Validates what was typed. The name is optional: the invited person enters it.
    pub fn parse(email: &str, name: &str, role: Role) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let email = problems.keep(Field::Email, parse_email(email)).unwrap_or_default();
        let name = problems.keep(Field::UserName, parse_name(name)).flatten().unwrap_or_default();
        problems.or(Self { email, name, role, user_id: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::problem::Problem;

    #[test]
    fn an_invitation_needs_an_e_mail_address_but_no_name() {
        let good = NewInvitation::parse(" Anna@Example.com ", " ", Role::Viewer).expect("good");
        assert_eq!((good.email.as_str(), good.name.as_str()), ("anna@example.com", ""));
        let bad = NewInvitation::parse("anna", "a\nb", Role::Admin).expect_err("bad");
        assert_eq!(bad.of(&Field::Email), Some(&Problem::EmailInvalid));
        assert_eq!(bad.of(&Field::UserName), Some(&Problem::NameHasControls));
    }
}
