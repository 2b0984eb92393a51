//! Formats the text of an event on one line.

use std::fmt::{self, Debug, Write};

use tracing::Event;
use tracing::field::{Field, Visit};
use tracing_subscriber::field::MakeExt;
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::{self, Writer};

/// Characters of a field's value that are logged.
const VALUE_MAX_CHARS: usize = 4000;
/// Characters of a counted line's text that are kept.
const TEXT_MAX_CHARS: usize = 500;

/// Writes text that may come from a client or from libpq: escapes line breaks, terminal escape sequences, and
/// characters that reorder or hide text.
struct OneLine<W> {
    out: W,
    left: usize,
}

impl<W: Write> Write for OneLine<W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for c in text.chars() {
            match self.left.checked_sub(1) {
                None => return Ok(()),
                Some(0) => self.out.write_char('…')?,
                Some(_) if is_unsafe(c) => write!(self.out, "{}", c.escape_default())?,
                Some(_) => self.out.write_char(c)?,
            }
            self.left -= 1;
        }
        Ok(())
    }
}

/// Control characters (Cc), line separators, and characters that change the direction of text (Unicode Standard Annex
/// 9) or are invisible.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// The format of an event's fields in the text log. JSON escapes strings itself.
pub fn fields() -> impl for<'writer> FormatFields<'writer> + 'static {
    format::debug_fn(|writer: &mut Writer<'_>, field: &Field, value: &dyn Debug| {
        let mut out = OneLine { out: writer, left: VALUE_MAX_CHARS };
        match field.name() {
            // The place of a line of the `log` crate is in its metadata.
            name if name.starts_with("log.") => Ok(()),
            "message" => write!(out, "{value:?}"),
            name => write!(out, "{name}={value:?}"),
        }
    })
    .delimited(" ")
}

/// An event as text, and its place in the code.
#[derive(Debug, Default)]
pub struct Described {
    /// The module that logged the event.
    pub target: String,
    /// The line in that module.
    pub line: u64,
    /// The message without the fields; constant for events of Hachok's own code.
    pub message: String,
    /// Message and fields on one line, cut to `TEXT_MAX_CHARS`.
    pub text: String,
}

impl Described {
    /// Reads an event. Events of the `log` crate carry their place in fields.
    pub fn of(event: &Event<'_>) -> Self {
        let metadata = event.metadata();
        let place = (metadata.target().to_owned(), u64::from(metadata.line().unwrap_or(0)));
        let mut described = Self { target: place.0, line: place.1, ..Self::default() };
        event.record(&mut described);
        let mut text = String::new();
        // Writing to a `String` does not fail.
        let _ = write!(OneLine { out: &mut text, left: TEXT_MAX_CHARS }, "{}", described.text.trim());
        Self { text, ..described }
    }
}

impl Visit for Described {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}").and_then(|()| write!(self.text, "{value:?} ")),
            name if name.starts_with("log.") => Ok(()),
            name => write!(self.text, "{name}={value:?} "),
        };
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "log.target" => value.clone_into(&mut self.target),
            _ => self.record_debug(field, &value),
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "log.line" => self.line = value,
            _ => self.record_debug(field, &value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str, left: usize) -> String {
        let mut out = String::new();
        write!(OneLine { out: &mut out, left }, "{text}").expect("a text");
        out
    }

    #[test]
    fn nothing_that_is_written_begins_a_line_or_moves_a_cursor() {
        assert_eq!(
            written("a\r\nERROR b\u{1b}[31m\u{2028}\u{202e}\u{85}\0", 99),
            "a\\r\\nERROR b\\u{1b}[31m\\u{2028}\\u{202e}\\u{85}\\u{0}"
        );
        assert_eq!(written("Їжачок «так» 👋 a\"b\\c", 99), "Їжачок «так» 👋 a\"b\\c", "what is read is left as it is");
    }

    #[test]
    fn a_long_text_is_cut() {
        assert_eq!(written("abcdef", 4), "abc…");
        assert_eq!(written("abc", 4), "abc");
    }
}
