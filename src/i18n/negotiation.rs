//! Negotiates the language with the browser.

use fluent_langneg::{
    LanguageIdentifier, NegotiationStrategy, convert_vec_str_to_langids_lossy, negotiate_languages,
    parse_accepted_languages,
};

use super::Locale;

/// The best language for an `Accept-Language` header (RFC 9110 §12.5.4); `None` if the header names neither language.
pub fn negotiate(header: &str) -> Option<Locale> {
    let available = convert_vec_str_to_langids_lossy(Locale::ALL.iter().map(|locale| locale.as_str()));
    let wanted = parse_accepted_languages(&by_weight(header));
    let none: Option<&LanguageIdentifier> = None;
    let best = negotiate_languages(&wanted, &available, none, NegotiationStrategy::Filtering);
    best.first().and_then(|language| Locale::parse(language.language.as_str()))
}

/// The language ranges of the header, sorted by weight and without weights: the library ignores weights.
fn by_weight(header: &str) -> String {
    let mut ranges: Vec<(f32, &str)> = header
        .split(',')
        .map(|item| {
            let (range, parameters) = item.split_once(';').unwrap_or((item, ""));
            let weight = parameters.trim().strip_prefix("q=").map_or(Ok(1.0), str::parse).unwrap_or(0.0);
            (weight, range.trim())
        })
        .filter(|(weight, _)| *weight > 0.0)
        .collect();
    ranges.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    ranges.into_iter().map(|(_, range)| range).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heaviest_known_language_wins() {
        for (header, expected) in [
            ("uk-UA,uk;q=0.9,en;q=0.8", Some(Locale::Uk)),
            ("en;q=0.3, uk;q=0.7", Some(Locale::Uk)),
            ("de, en-GB;q=0.5", Some(Locale::En)),
            ("en;q=0, uk", Some(Locale::Uk)),
            ("UK", Some(Locale::Uk)),
            ("de", None),
            ("*", None),
            ("", None),
            (";;;q=,,\u{0}, uk_!;q=2x", None),
        ] {
            assert_eq!(negotiate(header), expected, "{header:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_header_is_read(header in ".{0,200}") {
            proptest::prop_assert!(negotiate(&header).is_none_or(|locale| Locale::ALL.contains(&locale)));
        }
    }
}
