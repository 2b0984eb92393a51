//! The spelling of a header name in a request.

/// The name as the HTTP client sends it: an upper-case letter at the beginning and after each `-`.
pub fn as_sent(name: &str) -> String {
    let mut before = '-';
    let mut sign = |sign: char| {
        let written = if before == '-' { sign.to_ascii_uppercase() } else { sign.to_ascii_lowercase() };
        before = sign;
        written
    };
    name.chars().map(&mut sign).collect()
}
