//! The chart of a webhook: bars of delivered upwards, of failed attempts and failed deliveries downwards, on one scale.

use askama::Template;
use askama::filters::HtmlSafe;

use super::sparkline::Hour;
use crate::domain::deliveries::state::OpenCounts;
use crate::domain::id::WebhookId;
use crate::domain::timestamp::Timestamp;
use crate::domain::webhooks::chart_range::Range;
use crate::i18n::{Count, Translator};
use crate::views::deliveries::OpenStates;

/// The values of the chart.
#[derive(Clone, Debug)]
pub struct ChartInput {
    pub range: Range,
    /// Every hour of the range with its beginning, oldest first; the last is the current hour.
    pub hours: Vec<(Timestamp, Hour)>,
    /// Pending deliveries by state, now.
    pub open: OpenCounts,
    /// Durations of the newest answers; `None` without answers.
    pub answer_times: Option<AnswerTimes>,
}

/// Percentiles of how long a receiver took to answer.
#[derive(Clone, Copy, Debug)]
pub struct AnswerTimes {
    /// Half of the answers took at most this long.
    pub median_ms: i64,
    /// 95 % of the answers took at most this long.
    pub p95_ms: i64,
}

/// The chart with its totals and its table.
#[derive(Template)]
#[template(path = "webhooks/_chart.html")]
pub struct Chart<'a> {
    t: Translator<'a>,
    id: WebhookId,
    range: Range,
    bars: Vec<Bar>,
    /// The labels of the grid lines, from the top.
    scale: Vec<Count>,
    /// The `y` of the grid lines, from the top; without the line of zero.
    lines: Vec<String>,
    zero: String,
    ticks: Vec<String>,
    total: Hour,
    open: OpenStates,
    answer_times: Option<AnswerTimes>,
}

impl HtmlSafe for Chart<'_> {}

/// A bar of the chart, and a row of its table.
struct Bar {
    /// Such as `12:00–13:00`.
    span: String,
    sum: Hour,
    x: String,
    up: (String, String),
    attempts: (String, String),
    down: (String, String),
}

/// Size of the `viewBox`. The page stretches the drawing, so only proportions matter.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 150.0;
/// Bars of a week: each is a quarter of a day.
const WEEK_BARS_MAX: usize = 28;
/// One label of the time axis for every four bars.
const TICK_EVERY_BARS: usize = 4;
/// The lowest bar: 1 of 1,000 is still visible.
const BAR_HEIGHT_MIN: f64 = 1.5;

impl<'a> Chart<'a> {
    /// `id` is the webhook's.
    pub fn new(t: Translator<'a>, id: WebhookId, input: ChartInput) -> Self {
        let sums = match input.range {
            Range::Day => input.hours,
            Range::Week => quarters(t, &input.hours),
        };
        let max = |of: fn(&Hour) -> Count| sums.iter().map(|(_, hour)| of(hour)).max().unwrap_or(0);
        let scale = Scale::of(max(|hour| hour.delivered), max(Hour::misses));
        let end = t.now();
        let next = sums.iter().skip(1).map(|(at, _)| *at).chain([end]);
        let bars = sums.iter().zip(next).enumerate();
        Self {
            bars: bars
                .map(|(place, ((at, sum), until))| {
                    let span = match input.range {
                        Range::Day => t.chart_span(t.time_of_day(*at), t.time_of_day(until)),
                        Range::Week => t.chart_day_span(t.day(*at), t.time_of_day(*at), t.time_of_day(until)),
                    };
                    scale.bar(span, *sum, place, sums.len())
                })
                .collect(),
            ticks: ticks(t, input.range, &sums),
            lines: scale.lines(),
            zero: scale.y(0.0),
            scale: scale.numbers(),
            total: sums.iter().map(|(_, hour)| *hour).sum(),
            open: OpenStates::new(t, input.open, Some(id)),
            answer_times: input.answer_times,
            t,
            id,
            range: input.range,
        }
    }

    fn nothing(&self) -> String {
        match self.range {
            Range::Day => self.t.chart_nothing_in_day(),
            Range::Week => self.t.chart_nothing_in_week(),
        }
    }

    fn heading(&self) -> String {
        match self.range {
            Range::Day => self.t.chart_by_hour(),
            Range::Week => self.t.chart_by_quarter(),
        }
    }

    fn label(&self) -> String {
        match self.range {
            Range::Day => self.t.chart_label_day(self.total.delivered, self.total.failed, self.total.failed_attempts),
            Range::Week => self.t.chart_label_week(self.total.delivered, self.total.failed, self.total.failed_attempts),
        }
    }
}

/// Sums the hours by quarters of days in the user's time zone. An incomplete quarter at the old end is left out.
fn quarters(t: Translator, hours: &[(Timestamp, Hour)]) -> Vec<(Timestamp, Hour)> {
    let mut sums: Vec<(i64, Timestamp, Hour)> = Vec::new();
    for (at, hour) in hours {
        let quarter = t.local_hours(*at).div_euclid(6);
        match sums.last_mut().filter(|(last, ..)| *last == quarter) {
            Some((_, _, sum)) => *sum = [*sum, *hour].into_iter().sum(),
            None => sums.push((quarter, *at, *hour)),
        }
    }
    let left_out = sums.len().saturating_sub(WEEK_BARS_MAX);
    sums.into_iter().skip(left_out).map(|(_, at, sum)| (at, sum)).collect()
}

/// The labels of the time axis, each for the middle of its bars.
fn ticks(t: Translator, range: Range, sums: &[(Timestamp, Hour)]) -> Vec<String> {
    let middles = sums.iter().skip(TICK_EVERY_BARS / 2).step_by(TICK_EVERY_BARS);
    middles
        .map(|(at, _)| match range {
            Range::Day => t.time_of_day(*at),
            Range::Week => t.day(*at),
        })
        .collect()
}

/// Grid lines at equal distances: `above` and `below` are their numbers on each side of zero, `step` the deliveries
/// between two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Scale {
    step: Count,
    above: Count,
    below: Count,
}

impl Scale {
    /// The smallest step of 1, 2, 5, 10, 20 … with which at most six lines, zero included, reach both maxima.
    fn of(delivered_max: Count, failed_max: Count) -> Self {
        let steps =
            (0..).flat_map(|power| [1, 2, 5].map(|digit: Count| digit.saturating_mul(10_u64.saturating_pow(power))));
        let scale = |step| Self { step, above: delivered_max.div_ceil(step), below: failed_max.div_ceil(step) };
        let scales = steps.map(scale);
        let fits = |scale: &Self| scale.above + scale.below <= 5 || scale.step == Count::MAX;
        let found = scales.into_iter().find(fits).unwrap_or(Self { step: 1, above: 1, below: 0 });
        if found.above + found.below == 0 { Self { above: 1, ..found } } else { found }
    }

    fn rows(self) -> f64 {
        (self.above + self.below) as f64
    }

    /// The `y` of a number, from the top; negative numbers are below the line of zero.
    fn y(self, number: f64) -> String {
        format!("{:.1}", self.place(number))
    }

    fn place(self, number: f64) -> f64 {
        HEIGHT * (self.above as f64 - number / self.step as f64) / self.rows()
    }

    fn numbers(self) -> Vec<Count> {
        let above = (0..=self.above).rev();
        above.chain(1..=self.below).map(|line| line * self.step).collect()
    }

    fn lines(self) -> Vec<String> {
        let all = 0..=self.above + self.below;
        all.filter(|line| *line != self.above)
            .map(|line| format!("{:.1}", HEIGHT * line as f64 / self.rows()))
            .collect()
    }

    /// The bar at `place` of `count` bars.
    fn bar(self, span: String, sum: Hour, place: usize, count: usize) -> Bar {
        let width = WIDTH / count as f64;
        let zero = self.place(0.0);
        let up = (zero - self.place(sum.delivered as f64)).max(BAR_HEIGHT_MIN);
        let below = |count: Count| (self.place(-(count as f64)) - zero).max(BAR_HEIGHT_MIN);
        Bar {
            span,
            sum,
            x: format!("{:.1}", place as f64 * width + width / 12.0),
            up: (format!("{:.1}", zero - up), format!("{up:.1}")),
            attempts: (format!("{zero:.1}"), format!("{:.1}", below(sum.misses()))),
            down: (format!("{zero:.1}"), format!("{:.1}", below(sum.failed))),
        }
    }
}

impl Chart<'_> {
    fn bar_width(&self) -> String {
        format!("{:.1}", WIDTH / self.bars.len().max(1) as f64 * 5.0 / 6.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_has_room_for_both_directions_in_round_steps() {
        let cases = [
            ((0, 0), (1, 1, 0), vec![1, 0]),
            ((1, 0), (1, 1, 0), vec![1, 0]),
            ((0, 3), (1, 0, 3), vec![0, 1, 2, 3]),
            ((38, 3), (10, 4, 1), vec![40, 30, 20, 10, 0, 10]),
            ((41, 7), (20, 3, 1), vec![60, 40, 20, 0, 20]),
            ((5, 5), (2, 3, 3), vec![]),
            ((1_000_000, 1), (500_000, 2, 1), vec![1_000_000, 500_000, 0, 500_000]),
        ];
        for ((up, down), (step, above, below), numbers) in cases {
            let scale = Scale::of(up, down);
            assert!(scale.above + scale.below <= 5, "{up} {down}");
            assert!(scale.above * scale.step >= up && scale.below * scale.step >= down, "{up} {down}");
            if !numbers.is_empty() {
                assert_eq!(scale, Scale { step, above, below }, "{up} {down}");
                assert_eq!(scale.numbers(), numbers);
            }
        }
    }

    #[test]
    fn zero_is_between_the_directions() {
        let scale = Scale { step: 10, above: 4, below: 1 };
        assert_eq!((scale.y(0.0), scale.y(40.0), scale.y(-10.0)), ("120.0".into(), "0.0".into(), "150.0".into()));
        assert_eq!(scale.lines(), ["0.0", "30.0", "60.0", "90.0", "150.0"]);
    }
}
