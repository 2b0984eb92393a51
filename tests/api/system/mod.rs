//! Health checks, and access that the API refuses.

mod surroundings;
