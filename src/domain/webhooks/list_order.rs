//! The order of the list of webhooks.

use std::cmp::Ordering;

use crate::domain::id::WebhookId;
use crate::domain::timestamp::Timestamp;

/// What the list is ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OrderBy {
    /// Webhooks with an alert first, the worst first; then by name.
    #[default]
    Trouble,
    /// By name, A to Z.
    Name,
    /// The newest first.
    LastDelivery,
    /// The worst first.
    SuccessRate,
}

/// The order of the list, as in the query of its URL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ListOrder {
    /// The column.
    pub by: OrderBy,
    /// No effect on [`OrderBy::Trouble`].
    pub reversed: bool,
}

/// What the order of a webhook depends on.
#[derive(Clone, Debug)]
pub struct Ordered {
    /// The webhook.
    pub id: WebhookId,
    /// Its name, or the host of its URL.
    pub title: String,
    /// 0 is the worst; `None` without an alert.
    pub trouble: Option<u8>,
    /// The time of its newest delivery. Only read if the list is ordered by it.
    pub last: Option<Timestamp>,
    /// Successful and all attempts of the last 24 hours. Only read if the list is ordered by the rate.
    pub attempts: Option<(u64, u64)>,
}

impl ListOrder {
    /// The order of a query: `name`, `last` or `rate`, with `-` in front for the reverse. Anything else is the default.
    pub fn parse(text: &str) -> Self {
        let (reversed, name) = text.strip_prefix('-').map_or((false, text), |name| (true, name));
        let by =
            [OrderBy::Name, OrderBy::LastDelivery, OrderBy::SuccessRate].into_iter().find(|by| by.as_str() == name);
        by.map_or_else(Self::default, |by| Self { by, reversed })
    }

    /// The query's value; empty for the default.
    pub fn as_text(self) -> String {
        if self.reversed { format!("-{}", self.by.as_str()) } else { self.by.as_str().to_owned() }
    }

    /// The order after a click on the head of a column: the column's own, and its reverse when clicked again.
    #[must_use]
    pub fn after_click(self, by: OrderBy) -> Self {
        Self { by, reversed: self.by == by && !self.reversed }
    }

    /// Sorts a list. Webhooks without the value that it is ordered by come last in both directions.
    pub fn sort(self, list: &mut [Ordered]) {
        list.sort_by_cached_key(|webhook| (name_key(&webhook.title), webhook.id));
        match self.by {
            OrderBy::Trouble => list.sort_by_key(|webhook| webhook.trouble.unwrap_or(u8::MAX)),
            OrderBy::Name if self.reversed => list.reverse(),
            OrderBy::Name => {}
            OrderBy::LastDelivery => list.sort_by(|a, b| self.compare(a.last, b.last, |a, b| b.cmp(a))),
            OrderBy::SuccessRate => list.sort_by(|a, b| self.compare(a.attempts, b.attempts, by_rate)),
        }
    }

    fn compare<T>(self, a: Option<T>, b: Option<T>, order: impl Fn(&T, &T) -> Ordering) -> Ordering {
        match (a, b) {
            (Some(a), Some(b)) if self.reversed => order(&b, &a),
            (Some(a), Some(b)) => order(&a, &b),
            (a, b) => b.is_some().cmp(&a.is_some()),
        }
    }
}

impl OrderBy {
    /// The name in the query of the list.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Trouble => "",
            Self::Name => "name",
            Self::LastDelivery => "last",
            Self::SuccessRate => "rate",
        }
    }
}

/// Compares shares without dividing.
fn by_rate((a, all_a): &(u64, u64), (b, all_b): &(u64, u64)) -> Ordering {
    (u128::from(*a) * u128::from(*all_b)).cmp(&(u128::from(*b) * u128::from(*all_a)))
}

/// Names in the order of the Latin and the Ukrainian alphabet, without case. Code points put `ґ`, `є`, `і` and `ї` after
/// `я`.
pub fn name_key(name: &str) -> Vec<(char, u8)> {
    let place = |c| match c {
        'ґ' => ('г', 1),
        'є' => ('е', 1),
        'і' => ('и', 1),
        'ї' => ('и', 2),
        _ => (c, 0),
    };
    name.to_lowercase().chars().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Name, rank of the alert, time of the last delivery in seconds, successful and all attempts.
    type Case<'a> = (&'a str, Option<u8>, Option<i64>, Option<(u64, u64)>);

    fn sorted(order: &str, list: &[Case]) -> String {
        let webhook = |(number, (title, trouble, last, attempts)): (usize, &(&str, _, Option<i64>, _))| Ordered {
            id: WebhookId(number as i64),
            title: (*title).to_owned(),
            trouble: *trouble,
            last: last.map(Timestamp::from_seconds),
            attempts: *attempts,
        };
        let mut list: Vec<Ordered> = list.iter().enumerate().map(webhook).collect();
        ListOrder::parse(order).sort(&mut list);
        list.into_iter().map(|webhook| webhook.title).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn trouble_comes_first_then_the_name_in_the_order_of_the_alphabet() {
        let list = [
            ("Яна", None, None, None),
            ("ірис", None, None, None),
            ("Zoe", Some(3), None, None),
            ("Йод", None, None, None),
            ("anna", None, None, None),
            ("Bob", Some(0), None, None),
        ];
        assert_eq!(sorted("", &list), "Bob Zoe anna ірис Йод Яна");
        assert_eq!(sorted("nonsense", &list), "Bob Zoe anna ірис Йод Яна");
        assert_eq!(sorted("name", &list), "anna Bob Zoe ірис Йод Яна");
        assert_eq!(sorted("-name", &list), "Яна Йод ірис Zoe Bob anna");
    }

    #[test]
    fn webhooks_without_the_value_come_last() {
        let list = [
            ("none", None, None, None),
            ("half", None, Some(10), Some((1, 2))),
            ("all", None, Some(30), Some((5, 5))),
            ("third", None, Some(20), Some((2, 6))),
        ];
        assert_eq!(sorted("last", &list), "all third half none");
        assert_eq!(sorted("-last", &list), "half third all none");
        assert_eq!(sorted("rate", &list), "third half all none");
        assert_eq!(sorted("-rate", &list), "all half third none");
    }

    #[test]
    fn a_second_click_reverses_the_order() {
        let first = ListOrder::default().after_click(OrderBy::SuccessRate);
        let texts =
            [first, first.after_click(OrderBy::SuccessRate), first.after_click(OrderBy::Name)].map(ListOrder::as_text);
        assert_eq!(texts, ["rate", "-rate", "name"]);
        assert_eq!(ListOrder::parse("-rate").after_click(OrderBy::SuccessRate), first);
        assert_eq!(ListOrder::default().as_text(), "");
    }
}
