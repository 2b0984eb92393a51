//! Sign-in, invitations, users, API tokens, profile.

pub mod invitations;
pub mod profile;
pub mod sign_in;
pub mod tokens;
pub mod users;
