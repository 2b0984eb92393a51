//! Signatures as in Standard Webhooks 1.0: HMAC-SHA256 over `id.timestamp.body`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};

use crate::domain::problem::Problem;
use crate::domain::secret_box::mac;
use crate::domain::text;

/// The signing secret of a webhook: `whsec_` and the base64 of 24–64 bytes.
#[derive(Clone, Debug)]
pub struct SigningSecret(SecretString);

impl SigningSecret {
    /// A new secret from 32 random bytes.
    pub fn from_random(bytes: [u8; 32]) -> Self {
        Self::from_bytes(&bytes)
    }

    /// Parses a secret of the administrator's own: `whsec_` and the base64 of 24–64 bytes, or 24–64 visible ASCII
    /// characters, whose bytes become the key.
    pub fn parse(typed: &str) -> Result<Self, Problem> {
        let typed = text::trimmed(typed);
        let bytes = match typed.strip_prefix("whsec_") {
            Some(text) => STANDARD.decode(text).map_err(|_| Problem::SecretInvalid)?,
            None if typed.bytes().all(|byte| byte.is_ascii_graphic()) => typed.as_bytes().to_vec(),
            None => return Err(Problem::SecretInvalid),
        };
        match bytes.len() {
            0..24 => Err(Problem::SecretTooShort),
            24..=64 => Ok(Self::from_bytes(&bytes)),
            _ => Err(Problem::SecretInvalid),
        }
    }

    /// A secret that was validated when it was stored.
    pub fn from_stored(secret: SecretString) -> Self {
        Self(secret)
    }

    /// The secret as text, `whsec_…`; it is shown once.
    pub fn reveal(&self) -> &str {
        self.0.expose_secret()
    }

    /// One entry of `webhook-signature`: `v1,` and the base64 of the HMAC. `timestamp` is in seconds.
    pub fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let key = self.reveal().strip_prefix("whsec_").and_then(|text| STANDARD.decode(text).ok()).unwrap_or_default();
        let mut message = format!("{id}.{timestamp}.").into_bytes();
        message.extend_from_slice(body);
        format!("v1,{}", STANDARD.encode(mac(&key, &message)))
    }

    fn from_bytes(bytes: &[u8]) -> Self {
        Self(format!("whsec_{}", STANDARD.encode(bytes)).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_vector_of_standard_webhooks_holds() {
        let secret = SigningSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let body = br#"{"test": 2432232314}"#;
        let signature = secret.map(|secret| secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body));
        assert_eq!(signature.ok().as_deref(), Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
    }

    #[test]
    fn an_own_key_is_24_to_64_bytes() {
        assert_eq!(SigningSecret::parse("short").err(), Some(Problem::SecretTooShort));
        assert_eq!(SigningSecret::parse("whsec_AAAA").err(), Some(Problem::SecretTooShort));
        assert_eq!(SigningSecret::parse("whsec_***").err(), Some(Problem::SecretInvalid));
        assert_eq!(SigningSecret::parse(&"a".repeat(65)).err(), Some(Problem::SecretInvalid));
        assert_eq!(SigningSecret::parse("ключ ключ ключ ключ ключ").err(), Some(Problem::SecretInvalid));
        let own = SigningSecret::parse("\u{feff}abcdefghijklmnopqrstuvwx\u{200b}");
        assert_eq!(own.ok().map(|own| own.reveal().to_owned()), Some("whsec_YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4".into()));
    }
}
