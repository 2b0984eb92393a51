//! What people typed, as they typed it, and its way into the domain: all problems, by field.

pub mod webhook;
