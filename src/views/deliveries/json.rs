//! JSON indented and coloured for reading. Order of fields and form of numbers stay as they were sent.

use askama::Template;
use askama::filters::HtmlSafe;
use serde::de::IgnoredAny;

/// A body in pieces, each with the CSS class of its colour. A body that is not JSON is a single plain piece.
#[derive(Template)]
#[template(
    source = r#"{% for (class, text) in pieces %}{% if class.is_empty() %}{{ text }}{% else %}<span class="{{ class }}">{{ text }}</span>{% endif %}{% endfor %}"#,
    ext = "html"
)]
pub struct Json {
    pieces: Vec<(&'static str, String)>,
}

impl HtmlSafe for Json {}

/// A larger body is shown as it was sent: colours would cost more than they show.
const COLOURED_MAX_BYTES: usize = 64 * 1024;

/// Deeper levels are indented no further: 64 KiB of brackets and commas would become a page of 8 MB.
const INDENT_LEVELS_MAX: usize = 20;

impl Json {
    /// The body as it is, neither indented nor coloured.
    pub fn raw(body: &[u8]) -> Self {
        Self { pieces: vec![("", String::from_utf8_lossy(body).into_owned())] }
    }

    pub fn new(body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        let is_json = serde_json::from_slice::<IgnoredAny>(body).is_ok();
        if !is_json || text.len() > COLOURED_MAX_BYTES {
            return Self::raw(body);
        }
        let mut writer = Writer::default();
        let mut rest = text.trim();
        while let Some(first) = rest.chars().next() {
            let (token, after) = rest.split_at(length(rest, first));
            writer.write(token, after.trim_start().starts_with(':'));
            rest = after.trim_start();
        }
        Self { pieces: writer.pieces }
    }
}

/// The length in bytes of the first token of `text`, which is valid JSON and begins with `first`.
fn length(text: &str, first: char) -> usize {
    match first {
        '"' => {
            let mut escaped = false;
            let closing = text.char_indices().skip(1).find(|(_, sign)| {
                let ends = *sign == '"' && !escaped;
                escaped = *sign == '\\' && !escaped;
                ends
            });
            closing.map_or(text.len(), |(at, _)| at + 1)
        }
        '{' | '}' | '[' | ']' | ',' | ':' => 1,
        _ => text.find(|sign: char| sign.is_whitespace() || "{}[],:".contains(sign)).unwrap_or(text.len()),
    }
}

#[derive(Default)]
struct Writer {
    pieces: Vec<(&'static str, String)>,
    depth: usize,
    opened: bool,
}

impl Writer {
    fn write(&mut self, token: &str, is_key: bool) {
        let closes = matches!(token, "}" | "]");
        if closes {
            self.depth = self.depth.saturating_sub(1);
        }
        // An empty object or array stays on one line.
        if self.opened && !closes || closes && !self.opened {
            self.new_line();
        }
        self.opened = matches!(token, "{" | "[");
        match token {
            "{" | "[" => {
                self.depth += 1;
                self.plain(token);
            }
            "," => {
                self.plain(token);
                self.new_line();
            }
            ":" => self.plain(": "),
            "}" | "]" => self.plain(token),
            text if is_key => self.pieces.push(("k", text.to_owned())),
            text if text.starts_with('"') => self.pieces.push(("s", text.to_owned())),
            text => self.pieces.push(("n", text.to_owned())),
        }
    }

    fn new_line(&mut self) {
        self.plain(&format!("\n{}", "  ".repeat(self.depth.min(INDENT_LEVELS_MAX))));
    }

    fn plain(&mut self, text: &str) {
        match self.pieces.last_mut() {
            Some(("", last)) => last.push_str(text),
            _ => self.pieces.push(("", text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(body: &str) -> String {
        Json::new(body.as_bytes()).pieces.into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn json_is_indented_and_otherwise_untouched() {
        let body = r#"{"b":1.50,"a":[ "x\"],", {} ,[]],"ї":null}"#;
        assert_eq!(
            text(body),
            "{\n  \"b\": 1.50,\n  \"a\": [\n    \"x\\\"],\",\n    {},\n    []\n  ],\n  \"ї\": null\n}"
        );
        assert_eq!(text("<not json>"), "<not json>");
        assert_eq!(text(r#" "a" "#), r#""a""#);
        assert_eq!(text(r#"{"\\":"\\"}"#), "{\n  \"\\\\\": \"\\\\\"\n}");
    }

    #[test]
    fn deep_nesting_does_not_swell_the_page() {
        let body = format!("{}{}1{}", "[".repeat(120), "1,".repeat(30_000), "]".repeat(120));
        let shown = text(&body);
        assert!(shown.contains('\n') && shown.len() < 30 * body.len(), "{} bytes", shown.len());
    }
}
