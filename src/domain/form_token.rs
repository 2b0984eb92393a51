//! Form (CSRF) tokens as pages contain them: under a random mask, so that they differ from page to page.
//!
//! Pages are compressed. An attacker who sees the sizes of many responses and controls a part of their text (`?q=`) can
//! recover a constant secret beside it byte by byte (BREACH). Under a one-time pad no part of the page is constant.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;

use super::accounts::api_token::hash;

/// Length of the mask and of the masked SHA-256.
pub const MASK_BYTES: usize = 32;

/// Masks a token: mask ‖ (mask XOR SHA-256 of the token). `mask` must be random and used for one page only.
pub fn masked(token: &str, mask: [u8; MASK_BYTES]) -> String {
    let hidden = hash(token).into_iter().zip(mask).map(|(byte, mask)| byte ^ mask);
    URL_SAFE_NO_PAD.encode(mask.into_iter().chain(hidden).collect::<Vec<u8>>())
}

/// Whether `given` is `token`, masked or bare; compared in constant time. Pages of version 0.1.0 that are still open
/// after an upgrade contain bare tokens, which expire with their sessions.
pub fn is_of(token: &str, given: &str) -> bool {
    let bare: bool = given.as_bytes().ct_eq(token.as_bytes()).into();
    bare || unmasked(given).is_some_and(|hidden| hidden.ct_eq(&hash(token)).into())
}

fn unmasked(given: &str) -> Option<Vec<u8>> {
    let bytes = URL_SAFE_NO_PAD.decode(given).ok().filter(|bytes| bytes.len() == 2 * MASK_BYTES)?;
    let (mask, hidden) = bytes.split_at(MASK_BYTES);
    Some(hidden.iter().zip(mask).map(|(byte, mask)| byte ^ mask).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TOKEN: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0";

    proptest! {
        #[test]
        fn every_mask_hides_the_token_and_is_accepted(mask: [u8; MASK_BYTES], other: [u8; MASK_BYTES]) {
            let shown = masked(TOKEN, mask);
            prop_assert!(is_of(TOKEN, &shown));
            prop_assert!(!is_of("another", &shown));
            prop_assert_eq!(mask == other, shown == masked(TOKEN, other));
        }

        #[test]
        fn a_changed_token_is_refused(mask: [u8; MASK_BYTES], place in 0..85_usize, letter in "[A-Za-z0-9_-]") {
            let shown = masked(TOKEN, mask);
            let mut changed = shown.clone();
            changed.replace_range(place..=place, &letter);
            prop_assert_eq!(changed == shown, is_of(TOKEN, &changed));
        }

        #[test]
        fn other_text_is_refused(given in ".{0,200}") {
            prop_assert!(!is_of(TOKEN, &given));
        }
    }

    #[test]
    fn the_bare_token_is_accepted_and_parts_of_it_are_not() {
        assert!(is_of(TOKEN, TOKEN));
        let shown = masked(TOKEN, [7; MASK_BYTES]);
        for wrong in [&TOKEN[1..], &TOKEN[..63], &shown[..84], &shown[..43], "", &format!("{shown}AAAA")] {
            assert!(!is_of(TOKEN, wrong), "{wrong:?}");
        }
    }
}
