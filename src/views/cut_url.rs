//! URLs on one line.

use askama::Template;
use askama::filters::HtmlSafe;

/// A URL on one line. Where it does not fit, `app.css` cuts it in the middle: the host and the end stay. Both parts
/// together are the whole text, so that it is copied whole.
#[derive(Template)]
#[template(
    source = r#"<span class="cut mono" title="{{ whole }}">
{%- if !start.is_empty() %}<span>{{ start }}</span>{% endif %}<span>{{ end }}</span></span>"#,
    ext = "html"
)]
pub struct CutUrl {
    whole: String,
    start: String,
    end: String,
}

impl HtmlSafe for CutUrl {}

/// The end that stays: enough for the last segment of most paths, and short enough to leave room for the host.
const END_CHARS_MAX: usize = 14;

/// A URL of up to this length fits into the narrowest place.
const WHOLE_CHARS_MAX: usize = 24;

impl CutUrl {
    /// The URL as it is, `https://` included.
    pub fn whole(url: &str) -> Self {
        Self::of(url, url)
    }

    /// Without `https://` and a trailing slash, for lists.
    pub fn short(url: &str) -> Self {
        Self::of(url, url.strip_prefix("https://").unwrap_or(url).trim_end_matches('/'))
    }

    fn of(whole: &str, shown: &str) -> Self {
        let (start, end) = split_end(shown);
        Self { whole: whole.to_owned(), start: start.to_owned(), end: end.to_owned() }
    }
}

/// Splits off the end of a long text: its last path segment, or its last characters. A short text is all end.
fn split_end(text: &str) -> (&str, &str) {
    if text.chars().nth(WHOLE_CHARS_MAX).is_none() {
        return ("", text);
    }
    let tail = text.char_indices().rev().take(END_CHARS_MAX).last().map_or(0, |(at, _)| at);
    let segment = text.rfind(['/', '?']).filter(|at| *at >= tail && *at + 4 < text.len());
    text.split_at(segment.unwrap_or(tail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_long_url_is_its_last_segment_or_its_last_characters() {
        for (url, end) in [
            ("https://crm.example.com/", "https://crm.example.com/"),
            ("https://crm.example.com/hooks/v1/support-desk", "/support-desk"),
            ("https://crm.example.com/hooks/v1/2f1c9d6e8a7b4c3d9e2f", "a7b4c3d9e2f".get(..).unwrap_or_default()),
            ("https://crm.example.com/a/rather/long/path/?q=замовлення", "?q=замовлення"),
        ] {
            let (start, cut) = split_end(url);
            assert_eq!(format!("{start}{cut}"), url);
            assert!(cut.ends_with(end) && cut.chars().count() <= END_CHARS_MAX.max(end.chars().count()), "{cut}");
        }
    }
}
