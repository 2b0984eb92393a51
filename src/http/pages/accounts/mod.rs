//! Sign-in, invitations, users, API tokens, profile.

pub mod invitations;
pub(super) mod password_check;
pub(super) mod passwords;
pub mod profile;
pub mod sign_in;
pub mod tokens;
pub mod users;
