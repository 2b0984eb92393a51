// base64 = "0.22", hmac = "0.12", sha2 = "0.10"
use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac};
use std::time::{SystemTime, UNIX_EPOCH};

/// `secret` as whsec_…, `signatures` as the header has them, `body` as received, before any parsing.
pub fn verify(secret: &str, id: &str, timestamp: &str, signatures: &str, body: &[u8]) -> bool {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    if !timestamp.parse().is_ok_and(|sent: u64| now.abs_diff(sent) <= 300) {
        return false;
    }
    let Ok(key) = STANDARD.decode(secret.strip_prefix("whsec_").unwrap_or(secret)) else { return false };
    let Ok(mac) = Hmac::<sha2::Sha256>::new_from_slice(&key) else { return false };
    let mac = mac.chain_update(format!("{id}.{timestamp}.")).chain_update(body);
    let given = signatures.split(' ').filter_map(|one| STANDARD.decode(one.strip_prefix("v1,")?).ok());
    // verify_slice compares in constant time.
    given.into_iter().any(|signature| mac.clone().verify_slice(&signature).is_ok())
}
