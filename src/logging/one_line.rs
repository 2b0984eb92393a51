//! An event's text, always on one line.

use std::fmt::{self, Debug, Write};

use tracing::Event;
use tracing::field::{Field, Visit};
use tracing_subscriber::field::MakeExt;
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::{self, Writer};

/// Characters of one value that are written.
const VALUE_MAX_CHARS: usize = 4000;
/// Characters of a whole text that is counted.
const TEXT_MAX_CHARS: usize = 500;

/// Writes what may come from a stranger or from libpq: line breaks, escape sequences of terminals, and characters that
/// turn or hide text come out as escapes.
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

/// Cc, the line separators, and what turns the direction of text (Unicode Standard Annex 9) or shows nothing.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// How the fields of an event are written in the text format. In JSON strings are escaped anyway.
pub fn fields() -> impl for<'writer> FormatFields<'writer> + 'static {
    format::debug_fn(|writer: &mut Writer<'_>, field: &Field, value: &dyn Debug| {
        let mut out = OneLine { out: writer, left: VALUE_MAX_CHARS };
        match field.name() {
            // Where a line of the `log` crate comes from is in its metadata.
            name if name.starts_with("log.") => Ok(()),
            "message" => write!(out, "{value:?}"),
            name => write!(out, "{name}={value:?}"),
        }
    })
    .delimited(" ")
}

/// An event in words, and where in the code it comes from.
#[derive(Debug, Default)]
pub struct Described {
    /// The module.
    pub target: String,
    /// The line in it.
    pub line: u64,
    /// Its message, which for our own events is fixed, without the fields.
    pub message: String,
    /// All that it says, cut.
    pub text: String,
}

impl Described {
    /// Reads an event. Those of the `log` crate bear their place in fields.
    pub fn of(event: &Event<'_>) -> Self {
        let metadata = event.metadata();
        let place = (metadata.target().to_owned(), u64::from(metadata.line().unwrap_or(0)));
        let mut described = Self { target: place.0, line: place.1, ..Self::default() };
        event.record(&mut described);
        let mut text = String::new();
        // Writing to a String does not fail.
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
