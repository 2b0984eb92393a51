//! Decimal numbers in the signs of a locale.

use super::Locale;

/// Formats `number` with `places` decimals and groups of three digits, with the locale's separators.
pub(super) fn decimal(locale: Locale, number: f64, places: usize) -> String {
    let (group, point) = match locale {
        Locale::En => (',', '.'),
        Locale::Uk => ('\u{a0}', ','),
    };
    let plain = format!("{number:.places$}");
    let (whole, rest) = plain.split_once('.').unwrap_or((&plain, ""));
    let digits = whole.trim_start_matches('-').len();
    let mut text = String::with_capacity(plain.len() + digits / 3);
    for (place, sign) in whole.chars().enumerate() {
        let left = whole.len() - place;
        if place > whole.len() - digits && left.is_multiple_of(3) {
            text.push(group);
        }
        text.push(sign);
    }
    if !rest.is_empty() {
        text.push(point);
        text.push_str(rest);
    }
    text
}
