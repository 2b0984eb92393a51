//! The rule for idempotency keys of senders.

/// Characters of a key.
const CHARS_MAX: usize = 255;

/// Whether a text is a key: 1 to 255 printable ASCII characters.
pub fn is_valid(key: &str) -> bool {
    (1..=CHARS_MAX).contains(&key.len()) && key.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_printable_ascii() {
        for key in ["a", " ", "~", "order 20417/8"] {
            assert!(is_valid(key), "{key}");
        }
        for key in ["", "\t", "a\n", "ключ", "\u{7f}", "a\u{a0}b"] {
            assert!(!is_valid(key), "{key:?}");
        }
        assert!(is_valid(&"k".repeat(255)) && !is_valid(&"k".repeat(256)));
    }
}
