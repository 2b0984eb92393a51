//! Signing in, invitations, users, API tokens, and the own account.

pub mod invitations;
pub mod profile;
pub mod sign_in;
pub mod tokens;
pub mod users;
