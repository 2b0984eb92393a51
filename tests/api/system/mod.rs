//! Health, and what the API does not allow.

mod surroundings;
