//! Users, their sign-ins and invitations, and API tokens.

pub mod api_token;
pub mod browser;
pub mod invitation;
pub mod request_limit;
pub mod sign_in_limit;
pub mod user;
