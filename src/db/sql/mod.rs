//! Building blocks of statements: prepared ones, literal conditions, ids as values.

mod bound;
mod ids;
pub(super) mod literal;
pub(super) mod prepared;
