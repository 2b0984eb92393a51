//! Signatures of Chatwoot: HMAC-SHA256 of the timestamp, a dot and the body, with the secret as text.

use secrecy::SecretString;
use subtle::ConstantTimeEq;

use super::connection::Refusal;
use crate::domain::hex::hex;
use crate::domain::secret_box::{expose, mac};
use crate::domain::timestamp::Timestamp;

/// How much the timestamp of a request may differ from the clock, in seconds.
const TOLERANCE_S: u64 = 300;

/// The headers of a signed request.
#[derive(Clone, Copy, Debug)]
pub struct SignedHeaders<'a> {
    /// `X-Chatwoot-Timestamp`: seconds since 1970.
    pub timestamp: Option<&'a str>,
    /// `X-Chatwoot-Signature`: `sha256=` and 64 hexadecimal digits.
    pub signature: Option<&'a str>,
}

/// Checks a signature against each of `secrets`; without secrets every request passes. The signature is compared before the
/// timestamp, so that [`Refusal::Stale`] is reported only for a request of this Chatwoot.
pub fn check(headers: SignedHeaders<'_>, body: &[u8], secrets: &[SecretString], now: Timestamp) -> Result<(), Refusal> {
    if secrets.is_empty() {
        return Ok(());
    }
    let timestamp = headers.timestamp.filter(|text| !text.is_empty() && text.len() <= 20);
    let (Some(timestamp), Some(signature)) = (timestamp, headers.signature) else {
        return Err(Refusal::SignatureMissing);
    };
    let seconds: i64 = timestamp.parse().map_err(|_| Refusal::SignatureMissing)?;
    let is_by = |secret| bool::from(sign(secret, timestamp, body).as_bytes().ct_eq(signature.as_bytes()));
    if !secrets.iter().any(is_by) {
        return Err(Refusal::SignatureWrong);
    }
    if seconds.abs_diff(now.seconds()) > TOLERANCE_S { Err(Refusal::Stale) } else { Ok(()) }
}

/// The value of `X-Chatwoot-Signature`.
fn sign(secret: &SecretString, timestamp: &str, body: &[u8]) -> String {
    let message = [timestamp.as_bytes(), b".", body].concat();
    format!("sha256={}", hex(&mac(expose(secret).as_bytes(), &message)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = br#"{"event":"message_created","id":1}"#;
    const SIGNATURE: &str = "sha256=b4ba5bf0afc1257da3f776768509f2fef247466b6463352c189b121722388fe1";
    const AT: i64 = 1_781_687_821;

    fn secrets(texts: &[&str]) -> Vec<SecretString> {
        texts.iter().map(|text| (*text).into()).collect()
    }

    #[test]
    fn the_vector_of_chatwoot_holds_within_five_minutes() {
        let known = secrets(&["wh3kQm8Zt1cVb5Xy7Ns2Rd9P"]);
        let timestamp = AT.to_string();
        let headers = SignedHeaders { timestamp: Some(&timestamp), signature: Some(SIGNATURE) };
        for (difference_s, expected) in
            [(0, Ok(())), (300, Ok(())), (-300, Ok(())), (301, Err(Refusal::Stale)), (-301, Err(Refusal::Stale))]
        {
            let now = Timestamp::from_seconds(AT + difference_s);
            assert_eq!(check(headers, BODY, &known, now), expected, "{difference_s}");
        }
    }

    #[test]
    fn a_request_passes_with_either_secret_of_a_rotation_and_with_no_other() {
        let (now, timestamp) = (Timestamp::from_seconds(AT), AT.to_string());
        let right = SignedHeaders { timestamp: Some(&timestamp), signature: Some(SIGNATURE) };
        let own = "wh3kQm8Zt1cVb5Xy7Ns2Rd9P";
        assert_eq!(check(right, BODY, &secrets(&["new", own]), now), Ok(()));
        assert_eq!(check(right, BODY, &secrets(&["new"]), now), Err(Refusal::SignatureWrong));
        assert_eq!(check(right, b"{}", &secrets(&[own]), now), Err(Refusal::SignatureWrong));
        assert_eq!(check(right, b"{}", &[], now), Ok(()), "without a secret only the key counts");
        for (timestamp, signature, expected) in [
            (None, Some(SIGNATURE), Refusal::SignatureMissing),
            (Some("1781687821"), None, Refusal::SignatureMissing),
            (Some("soon"), Some(SIGNATURE), Refusal::SignatureMissing),
            (Some(""), Some(SIGNATURE), Refusal::SignatureMissing),
            (Some("1781687821"), Some("sha256="), Refusal::SignatureWrong),
            (Some("1781687821"), Some(&SIGNATURE[..20]), Refusal::SignatureWrong),
            (Some("1781687822"), Some(SIGNATURE), Refusal::SignatureWrong),
        ] {
            let headers = SignedHeaders { timestamp, signature };
            assert_eq!(check(headers, BODY, &secrets(&[own]), now), Err(expected), "{headers:?}");
        }
    }
}
