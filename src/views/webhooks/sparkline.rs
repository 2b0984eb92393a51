//! The sparkline of a webhook: one bar an hour, delivered upwards, failed attempts and failed deliveries downwards.

use askama::Template;
use askama::filters::HtmlSafe;

use crate::i18n::{Count, Translator};

/// What happened in one hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hour {
    /// Deliveries that succeeded.
    pub delivered: Count,
    /// Deliveries that failed permanently.
    pub failed: Count,
    /// Attempts that failed, of deliveries open or ended.
    pub failed_attempts: Count,
}

impl Hour {
    /// What did not succeed: failed attempts; or deliveries, if more of them failed, as they do without an attempt when they
    /// expire.
    pub fn misses(&self) -> Count {
        self.failed_attempts.max(self.failed)
    }

    /// Successful and failed attempts: what the success rate is a share of.
    pub fn tries(&self) -> Count {
        self.delivered + self.misses()
    }
}

impl std::iter::Sum for Hour {
    fn sum<I: Iterator<Item = Self>>(hours: I) -> Self {
        hours.fold(Self::default(), |sum, hour| Self {
            delivered: sum.delivered + hour.delivered,
            failed: sum.failed + hour.failed,
            failed_attempts: sum.failed_attempts + hour.failed_attempts,
        })
    }
}

/// The last 24 hours as an image with a label for screen readers.
#[derive(Template)]
#[template(
    source = r#"<svg class="strip-img" width="118" height="30" viewBox="0 0 118 30" role="img" aria-label="{{ label }}"><path class="z" d="M0 21.5H118" opacity=".45"/>
{%- for bar in bars %}<rect class="{{ bar.class }}" x="{{ bar.x }}" y="{{ bar.y }}" width="3.3" height="{{ bar.height }}" rx=".8"/>{% endfor -%}
</svg>"#,
    ext = "html"
)]
pub struct Sparkline {
    label: String,
    bars: Vec<Bar>,
}

impl HtmlSafe for Sparkline {}

struct Bar {
    class: &'static str,
    x: String,
    y: String,
    height: String,
}

// In units of the `viewBox`.
const BASELINE_Y: f64 = 21.0;
const UP_HEIGHT_MAX: f64 = 19.0;
const DOWN_HEIGHT_MAX: f64 = 7.0;
const BAR_DISTANCE: f64 = 4.92;

impl Sparkline {
    /// `hours` are oldest first. The scale is that of the busiest hour.
    pub fn new(t: Translator, hours: &[Hour; 24]) -> Self {
        let max = hours.iter().map(|hour| hour.delivered.max(hour.misses())).max().unwrap_or(0).max(1) as f64;
        let mut bars = Vec::new();
        for (place, hour) in hours.iter().enumerate() {
            let x = format!("{:.1}", place as f64 * BAR_DISTANCE);
            if hour.delivered > 0 {
                let height = (hour.delivered as f64 / max * UP_HEIGHT_MAX).max(1.5);
                bars.push(Bar::new("up", &x, BASELINE_Y - height, height));
            }
            // The failed ones are drawn over the attempts.
            for (class, count) in [("rt", hour.misses()), ("dn", hour.failed)] {
                if count > 0 {
                    let height = (count as f64 / max * UP_HEIGHT_MAX).clamp(2.5, DOWN_HEIGHT_MAX);
                    bars.push(Bar::new(class, &x, BASELINE_Y + 1.5, height));
                }
            }
        }
        Self { label: label(t, hours), bars }
    }
}

impl Bar {
    fn new(class: &'static str, x: &str, y: f64, height: f64) -> Self {
        Self { class, x: x.to_owned(), y: format!("{y:.1}"), height: format!("{height:.1}") }
    }
}

fn label(t: Translator, hours: &[Hour; 24]) -> String {
    let all: Hour = hours.iter().copied().sum();
    match all.tries() {
        0 => t.strip_empty(),
        tries => t.strip_of(tries, t.percent(all.delivered, tries)),
    }
}
