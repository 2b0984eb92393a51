//! Users, sessions, sign-ins, invitations and API tokens.

pub mod invitations;
pub mod kept_forms;
pub mod sessions;
pub mod setup_links;
pub mod sign_ins;
pub mod tokens;
mod user_lock;
pub mod users;
