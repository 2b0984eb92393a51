//! Who may call: tokens, and where they are read from.

mod basic;
mod tokens;
