//! Passwords at rest: Argon2id, 19 MiB, two passes, one lane (OWASP ASVS 5.0, 11.4.2).

use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};

/// A password that could not be hashed or a hash that is none.
#[derive(Debug, thiserror::Error)]
#[error("the password could not be hashed")]
pub struct CannotHash;

fn argon2() -> Result<Argon2<'static>, CannotHash> {
    let params = Params::new(19 * 1024, 2, 1, None).map_err(|_| CannotHash)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// The PHC string to store. Takes some ten milliseconds of a core.
pub fn hash(password: &str) -> Result<String, CannotHash> {
    let salt: [u8; 16] = crate::clock::random();
    let hash = argon2()?.hash_password_with_salt(password.as_bytes(), &salt).map_err(|_| CannotHash)?;
    Ok(hash.to_string())
}

/// A hash that no password has, for accounts that do not exist: looking it up takes as long as a real one.
pub const DUMMY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Whether `password` is the one of `stored`. As slow for a wrong one as for the right one.
pub fn matches(password: &str, stored: &str) -> bool {
    let parsed = argon2::password_hash::phc::PasswordHash::new(stored);
    match (parsed, argon2()) {
        (Ok(hash), Ok(argon2)) => argon2.verify_password(password.as_bytes(), &hash).is_ok(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_password_itself_matches() {
        let stored = hash("correct horse батарея").unwrap_or_default();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(matches("correct horse батарея", &stored));
        assert!(!matches("correct horse батарея ", &stored));
        assert!(!matches("", "junk"));
        assert!(!matches("", DUMMY));
        assert!(argon2::password_hash::phc::PasswordHash::new(DUMMY).is_ok());
    }
}
