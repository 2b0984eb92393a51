//! Encryption of stored secrets: XChaCha20-Poly1305 with the installation's key.
//!
//! Stored form: `v1:KID:NONCE:CIPHERTEXT`, the last two in base64. The place (table, column, row) is authenticated with
//! the ciphertext, so a ciphertext that is moved to another row cannot be opened.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

/// An encrypted secret, in its stored form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed(pub String);

/// A stored secret cannot be opened: it was sealed with another key or for another place, or it is damaged.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a stored secret cannot be opened with this key")]
pub struct CannotOpen;

/// Encrypts and decrypts secrets with the installation's key.
#[derive(Clone)]
pub struct SecretBox {
    key: [u8; 32],
    kid: String,
}

impl fmt::Debug for SecretBox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretBox({})", self.kid)
    }
}

impl SecretBox {
    /// `key` is the content of the key file.
    pub fn new(key: [u8; 32]) -> Self {
        let kid = Sha256::digest(key).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        Self { key, kid }
    }

    /// Identifies the key without revealing it: the first 4 bytes of its SHA-256 in hexadecimal, which every sealed
    /// secret contains.
    pub fn check_value(&self) -> &str {
        &self.kid
    }

    /// Encrypts `secret` for `place`, for example `webhooks.secret:7`. The nonce must be random.
    pub fn seal(&self, secret: &str, place: &str, nonce: [u8; 24]) -> Result<Sealed, CannotOpen> {
        let payload = Payload { msg: secret.as_bytes(), aad: place.as_bytes() };
        let sealed = self.cipher().encrypt(&XNonce::from(nonce), payload).map_err(|_| CannotOpen)?;
        let text = |bytes: &[u8]| STANDARD_NO_PAD.encode(bytes);
        Ok(Sealed(format!("v1:{}:{}:{}", self.kid, text(&nonce), text(&sealed))))
    }

    /// Decrypts a secret that was sealed for `place`.
    pub fn open(&self, sealed: &Sealed, place: &str) -> Result<SecretString, CannotOpen> {
        let mut parts = sealed.0.split(':');
        let (Some("v1"), Some(kid), Some(nonce), Some(text), None) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(CannotOpen);
        };
        if kid != self.kid {
            return Err(CannotOpen);
        }
        let bytes = |text: &str| STANDARD_NO_PAD.decode(text).map_err(|_| CannotOpen);
        let nonce: [u8; 24] = bytes(nonce)?.try_into().map_err(|_| CannotOpen)?;
        let sealed = bytes(text)?;
        let payload = Payload { msg: &sealed, aad: place.as_bytes() };
        let opened = self.cipher().decrypt(&XNonce::from(nonce), payload).map_err(|_| CannotOpen)?;
        String::from_utf8(opened).map(SecretString::from).map_err(|_| CannotOpen)
    }

    /// Derives a key for another purpose (cookies, form tokens); it differs from the encryption key.
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        mac(&self.key, purpose.as_bytes())
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.key.into())
    }
}

/// HMAC-SHA256.
pub fn mac(key: &[u8], message: &[u8]) -> [u8; 32] {
    // HMAC accepts keys of any length (RFC 2104 §2), so the error cannot occur.
    Hmac::<Sha256>::new_from_slice(key)
        .map(|mut mac| {
            mac.update(message);
            mac.finalize().into_bytes().into()
        })
        .unwrap_or_default()
}

/// The text of a secret. A function of its own, so that a search finds every place that reads secrets.
pub fn expose(secret: &SecretString) -> &str {
    secret.expose_secret()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_opens_only_with_its_key_and_at_its_place() {
        let secret_box = SecretBox::new([7; 32]);
        let sealed = secret_box.seal("s3cret", "webhooks.secret:7", [1; 24]).unwrap_or(Sealed(String::new()));
        assert!(!sealed.0.contains("s3cret"));
        assert_eq!(secret_box.open(&sealed, "webhooks.secret:7").ok().as_ref().map(expose), Some("s3cret"));
        assert_eq!(secret_box.open(&sealed, "webhooks.secret:8").err(), Some(CannotOpen));
        assert_eq!(SecretBox::new([8; 32]).open(&sealed, "webhooks.secret:7").err(), Some(CannotOpen));
        for junk in ["", "v1", "v1:a:b:c", "v2:a:b:c", "v1:::"] {
            assert_eq!(secret_box.open(&Sealed(junk.into()), "x").err(), Some(CannotOpen));
        }
    }

    #[test]
    fn derived_keys_differ_by_purpose() {
        let secret_box = SecretBox::new([7; 32]);
        assert_ne!(secret_box.derive("cookie"), secret_box.derive("csrf"));
    }
}
