//! Hashes of passwords as they are stored.

use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};

/// The memory of a new hash.
pub const NEW_HASH_KIB: u32 = 19 * 1024;

/// A hash of the text as typed, with that memory; weaker than a new one with less than [`NEW_HASH_KIB`].
pub fn hash_with(password: &str, memory_kib: u32) -> String {
    let params = Params::new(memory_kib, 2, 1, None).expect("parameters");
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon2.hash_password_with_salt(password.as_bytes(), b"sixteen bytes ..").expect("a hash").to_string()
}
