//! Signing in, invitations, users, API tokens, and the own account.

pub mod invitations;
pub(super) mod password_check;
pub(super) mod passwords;
pub mod profile;
pub mod sign_in;
pub mod tokens;
pub mod users;
