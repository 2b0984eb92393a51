//! Creating and changing webhooks, and rotating the secret.

mod create_and_show;
mod rotation;
mod update;
mod validation;
