//! The two-way strip in large: delivered upwards, failed downwards, on one scale.

use askama::Template;
use askama::filters::HtmlSafe;

use super::sparkline::Hour;
use crate::domain::id::WebhookId;
use crate::domain::timestamp::Timestamp;
use crate::domain::webhooks::chart_range::Range;
use crate::i18n::{Count, Translator};

/// What the chart is made of.
#[derive(Clone, Debug)]
pub struct ChartInput {
    /// How far back it looks.
    pub range: Range,
    /// Every hour of it with its beginning, the oldest first; the last is the running hour.
    pub hours: Vec<(Timestamp, Hour)>,
    /// How long half of the newest answers took at most, and how long 95 of 100, in milliseconds.
    pub answers: Option<(i64, i64)>,
}

/// The chart with its numbers and its table.
#[derive(Template)]
#[template(path = "webhooks/_chart.html")]
pub struct Chart<'a> {
    t: Translator<'a>,
    id: WebhookId,
    range: Range,
    bars: Vec<Bar>,
    /// The numbers at the lines, from above.
    scale: Vec<Count>,
    /// Where the lines stand, from above; the one of zero left out.
    lines: Vec<String>,
    zero: String,
    ticks: Vec<String>,
    delivered: Count,
    failed: Count,
    answers: Option<(i64, i64)>,
}

impl HtmlSafe for Chart<'_> {}

/// A bar, and a row of the table.
struct Bar {
    /// "12:00–13:00"
    span: String,
    sum: Hour,
    x: String,
    up: (String, String),
    down: (String, String),
}

/// The drawing is stretched to its place: only shares count.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 150.0;
/// A week is drawn in quarters of days, 28 of them.
const QUARTERS: usize = 28;
/// Bars between two times on the axis.
const TICK: usize = 4;

impl<'a> Chart<'a> {
    /// The chart of one webhook.
    pub fn new(t: Translator<'a>, id: WebhookId, input: ChartInput) -> Self {
        let sums = match input.range {
            Range::Day => input.hours,
            Range::Week => quarters(t, &input.hours),
        };
        let most = |of: fn(&Hour) -> Count| sums.iter().map(|(_, hour)| of(hour)).max().unwrap_or(0);
        let scale = Scale::of(most(|hour| hour.delivered), most(|hour| hour.failed));
        let total = |of: fn(&Hour) -> Count| sums.iter().map(|(_, hour)| of(hour)).sum();
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
                    scale.bar(span, *sum, (place, sums.len()))
                })
                .collect(),
            ticks: ticks(t, input.range, &sums),
            lines: scale.lines(),
            zero: scale.y(0.0),
            scale: scale.numbers(),
            delivered: total(|hour| hour.delivered),
            failed: total(|hour| hour.failed),
            answers: input.answers,
            t,
            id,
            range: input.range,
        }
    }

    fn ended(&self) -> Count {
        self.delivered + self.failed
    }

    fn heading(&self) -> String {
        match self.range {
            Range::Day => self.t.chart_by_hour(),
            Range::Week => self.t.chart_by_quarter(),
        }
    }

    fn label(&self) -> String {
        match self.range {
            Range::Day => self.t.chart_label_day(self.delivered, self.failed),
            Range::Week => self.t.chart_label_week(self.delivered, self.failed),
        }
    }
}

/// Hours summed up by the quarters of the reader's days; a quarter at the far end that began before is left out.
fn quarters(t: Translator, hours: &[(Timestamp, Hour)]) -> Vec<(Timestamp, Hour)> {
    let mut sums: Vec<(i64, Timestamp, Hour)> = Vec::new();
    for (at, hour) in hours {
        let quarter = t.local_hours(*at).div_euclid(6);
        match sums.last_mut().filter(|(last, ..)| *last == quarter) {
            Some((_, _, sum)) => {
                sum.delivered += hour.delivered;
                sum.failed += hour.failed;
            }
            None => sums.push((quarter, *at, *hour)),
        }
    }
    let left_out = sums.len().saturating_sub(QUARTERS);
    sums.into_iter().skip(left_out).map(|(_, at, sum)| (at, sum)).collect()
}

/// A time in the middle of every four bars.
fn ticks(t: Translator, range: Range, sums: &[(Timestamp, Hour)]) -> Vec<String> {
    let middles = sums.iter().skip(TICK / 2).step_by(TICK);
    middles
        .map(|(at, _)| match range {
            Range::Day => t.time_of_day(*at),
            Range::Week => t.day(*at),
        })
        .collect()
}

/// Lines at the same distance, above zero and below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Scale {
    step: Count,
    above: Count,
    below: Count,
}

impl Scale {
    /// Room for the greatest numbers between at most six lines: the smallest step of 1, 2, 5, 10, 20 … that gives it.
    fn of(most_up: Count, most_down: Count) -> Self {
        let steps =
            (0..).flat_map(|power| [1, 2, 5].map(|digit: Count| digit.saturating_mul(10_u64.saturating_pow(power))));
        let scales = steps.map(|step| Self { step, above: most_up.div_ceil(step), below: most_down.div_ceil(step) });
        let fits = |scale: &Self| scale.above + scale.below <= 5 || scale.step == Count::MAX;
        let found = scales.into_iter().find(fits).unwrap_or(Self { step: 1, above: 1, below: 0 });
        if found.above + found.below == 0 { Self { above: 1, ..found } } else { found }
    }

    fn rows(self) -> f64 {
        (self.above + self.below) as f64
    }

    /// Where a number stands, from above; negative ones are below zero.
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

    fn bar(self, span: String, sum: Hour, (place, of): (usize, usize)) -> Bar {
        let width = WIDTH / of as f64;
        let zero = self.place(0.0);
        // One of a thousand is still to be seen.
        let up = (zero - self.place(sum.delivered as f64)).max(1.5);
        let down = (self.place(-(sum.failed as f64)) - zero).max(1.5);
        Bar {
            span,
            sum,
            x: format!("{:.1}", place as f64 * width + width / 12.0),
            up: (format!("{:.1}", zero - up), format!("{up:.1}")),
            down: (format!("{zero:.1}"), format!("{down:.1}")),
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
    fn zero_stands_between_the_directions() {
        let scale = Scale { step: 10, above: 4, below: 1 };
        assert_eq!((scale.y(0.0), scale.y(40.0), scale.y(-10.0)), ("120.0".into(), "0.0".into(), "150.0".into()));
        assert_eq!(scale.lines(), ["0.0", "30.0", "60.0", "90.0", "150.0"]);
    }
}
