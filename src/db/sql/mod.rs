//! Building blocks of statements: prepared ones, and literal conditions.

pub(super) mod literal;
pub(super) mod prepared;
