//! Formats numbers, shares, durations and sizes: 1,148 and 97.6% in English, 1 148 and 97,6% in Ukrainian.

use std::borrow::Borrow;
use std::time::Duration;

use super::decimal::decimal;
use super::{Count, Translator};

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;
const GIB: usize = 1024 * MIB;

impl Translator<'_> {
    /// A whole number.
    pub fn number(&self, number: impl Borrow<Count>) -> String {
        decimal(self.locale(), as_float(*number.borrow()), 0)
    }

    /// The share of `part` in `whole` in percent with one decimal; a dash if `whole` is 0.
    pub fn percent(&self, part: impl Borrow<Count>, whole: impl Borrow<Count>) -> String {
        let (part, whole) = (*part.borrow(), *whole.borrow());
        match whole {
            0 => "—".into(),
            // Rounded, but at most 99.9% if it is not all.
            _ => {
                let share = part as f64 * 100.0 / whole as f64;
                let shown = if part < whole { share.min(99.9) } else { share };
                decimal(self.locale(), shown, 1) + "%"
            }
        }
    }

    /// A measured duration: < 1 ms, 982 ms, 1.2 s, 7 s.
    pub fn elapsed(&self, milliseconds: i64) -> String {
        match milliseconds {
            ..1 => self.under_a_millisecond(),
            1..1000 => self.milliseconds(milliseconds.to_string()),
            _ => self.span(Duration::from_millis(milliseconds.unsigned_abs())),
        }
    }

    /// A duration in the largest suitable unit: 15 s, 12 min, 5 h, 3 days.
    pub fn span(&self, span: Duration) -> String {
        let seconds = span.as_secs_f64();
        let whole = |unit: f64| decimal(self.locale(), seconds / unit, 0);
        match span.as_secs() {
            ..60 if span.subsec_millis() >= 50 => self.seconds(decimal(self.locale(), seconds, 1)),
            0..60 => self.seconds(whole(1.0)),
            60..3600 => self.minutes(whole(60.0)),
            3600..172_800 => self.hours(whole(3600.0)),
            more => self.days(more / 86_400),
        }
    }

    /// A size in binary units, with a decimal unless it is whole: 162 B, 16 KiB, 3.5 MiB, 120 GiB.
    pub fn size(&self, bytes: impl Borrow<usize>) -> String {
        let bytes = *bytes.borrow();
        let amount = |unit: usize| {
            let places = usize::from(!bytes.is_multiple_of(unit));
            decimal(self.locale(), bytes as f64 / unit as f64, places)
        };
        match bytes {
            ..KIB => self.bytes(amount(1)),
            KIB..MIB => self.kibibytes(amount(KIB)),
            MIB..GIB => self.mebibytes(amount(MIB)),
            _ => self.gibibytes(amount(GIB)),
        }
    }
}

/// Exact up to 2^53, far more than any count here.
fn as_float(number: Count) -> f64 {
    number as f64
}
