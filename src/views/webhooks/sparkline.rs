//! The two-way strip: delivered upwards, failed downwards, an hour a bar.

use askama::Template;
use askama::filters::HtmlSafe;

use crate::i18n::{Count, Translator};

/// What happened in one hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hour {
    /// Deliveries that succeeded.
    pub delivered: Count,
    /// Deliveries that failed.
    pub failed: Count,
}

/// The strip of the last 24 hours, as an image with its words.
#[derive(Template)]
#[template(
    source = r#"<svg class="strip-img" width="118" height="30" viewBox="0 0 118 30" role="img" aria-label="{{ label }}"><path class="z" d="M0 21.5H118" opacity=".45"/>
{%- for bar in bars %}<rect class="{{ bar.class }}" x="{{ bar.x }}" y="{{ bar.y }}" width="3.3" height="{{ bar.height }}" rx=".8"/>{% endfor -%}
</svg>"#,
    ext = "html"
)]
pub struct Strip {
    label: String,
    bars: Vec<Bar>,
}

impl HtmlSafe for Strip {}

struct Bar {
    class: &'static str,
    x: String,
    y: String,
    height: String,
}

const GROUND: f64 = 21.0;
const HIGHEST: f64 = 19.0;
const DEEPEST: f64 = 7.0;
const STEP: f64 = 4.92;

impl Strip {
    /// The strip of `hours`, the oldest first, drawn to the scale of its own busiest hour.
    pub fn new(t: Translator, hours: &[Hour; 24]) -> Self {
        let most = hours.iter().map(|hour| hour.delivered.max(hour.failed)).max().unwrap_or(0).max(1) as f64;
        let mut bars = Vec::new();
        for (place, hour) in hours.iter().enumerate() {
            let x = format!("{:.1}", place as f64 * STEP);
            if hour.delivered > 0 {
                let height = (hour.delivered as f64 / most * HIGHEST).max(1.5);
                bars.push(Bar::new("up", &x, GROUND - height, height));
            }
            if hour.failed > 0 {
                let height = (hour.failed as f64 / most * HIGHEST).clamp(2.5, DEEPEST);
                bars.push(Bar::new("dn", &x, GROUND + 1.5, height));
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

/// Deliveries that succeeded, and all that ended.
pub(super) fn totals(hours: &[Hour; 24]) -> (Count, Count) {
    let delivered = hours.iter().map(|hour| hour.delivered).sum();
    let failed: Count = hours.iter().map(|hour| hour.failed).sum();
    (delivered, delivered + failed)
}

fn label(t: Translator, hours: &[Hour; 24]) -> String {
    match totals(hours) {
        (_, 0) => t.strip_empty(),
        (delivered, all) => t.strip_of(all, t.percent(delivered, all)),
    }
}
