//! Signing in, sessions, invitations, users, API tokens, and the own account.

mod cookies;
pub mod ended_session;
mod passwords;
mod profile;
mod roles;
mod session;
mod set_up;
mod sign_in;
mod sign_in_limits;
mod tokens;
mod users;
