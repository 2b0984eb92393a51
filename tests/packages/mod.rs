//! What is released: the files for containers.

mod containers;
