//! One row of the extra headers on the form.

use askama::Template;
use askama::filters::HtmlSafe;

use crate::domain::problem::{Field, Problems};
use crate::domain::webhooks::Webhook;
use crate::forms::webhook::HeaderRow;
use crate::i18n::Translator;
use crate::views::components::ErrorSlot;
use crate::views::filters;

/// Name, value, *Hide value*, *Remove*.
#[derive(Template)]
#[template(path = "webhooks/_header_row.html")]
pub struct HeaderFields<'a> {
    t: Translator<'a>,
    index: usize,
    row: HeaderRow,
    /// A hidden value is stored under that name; a new one may replace it, nothing shows it.
    stored: bool,
    /// A blank row for those without JavaScript.
    spare: bool,
    focus: bool,
    name_error: ErrorSlot,
    value_error: ErrorSlot,
    invalid: (bool, bool),
}

impl HtmlSafe for HeaderFields<'_> {}

impl<'a> HeaderFields<'a> {
    /// The typed rows, and two spare ones.
    pub fn all(t: Translator<'a>, typed: &[HeaderRow], webhook: Option<&Webhook>, problems: &Problems) -> Vec<Self> {
        let rows = typed.iter().cloned().enumerate();
        let mut fields: Vec<Self> = rows.map(|(index, row)| Self::new(t, index, row, problems)).collect();
        for field in &mut fields {
            field.stored = webhook.is_some_and(|webhook| has_hidden(webhook, &field.row.name));
        }
        for index in typed.len()..typed.len() + 2 {
            fields.push(Self { spare: true, ..Self::new(t, index, HeaderRow::default(), problems) });
        }
        fields
    }

    fn new(t: Translator<'a>, index: usize, row: HeaderRow, problems: &Problems) -> Self {
        let (name, value) = (Field::HeaderName(index), Field::HeaderValue(index));
        Self {
            t,
            index,
            row,
            stored: false,
            spare: false,
            focus: false,
            name_error: ErrorSlot::new(t, problems, &name),
            value_error: ErrorSlot::new(t, problems, &value),
            invalid: (problems.of(&name).is_some(), problems.of(&value).is_some()),
        }
    }

    /// For people: the first row is 1.
    fn number(&self) -> u64 {
        self.index as u64 + 1
    }
}

fn has_hidden(webhook: &Webhook, name: &str) -> bool {
    let name = name.trim();
    webhook.headers.iter().any(|header| header.value.is_none() && header.name.as_str().eq_ignore_ascii_case(name))
}

/// A hint at headers that were stored before their names were refused.
pub(super) fn headers_refused_today(t: Translator, webhook: &Webhook) -> Option<String> {
    let names = webhook.headers_refused_today();
    (!names.is_empty()).then(|| t.headers_refused_today(names.join(", ")))
}

/// The answer to *Add header*: a blank row, and the button for the next one.
#[derive(Template)]
#[template(path = "webhooks/_new_header_row.html")]
pub struct NewHeaderRow<'a> {
    t: Translator<'a>,
    row: HeaderFields<'a>,
    next: usize,
}

impl<'a> NewHeaderRow<'a> {
    /// The row at `index`, from 0.
    pub fn new(t: Translator<'a>, index: usize) -> Self {
        let row = HeaderFields::new(t, index, HeaderRow::default(), &Problems::default());
        Self { t, row: HeaderFields { focus: true, ..row }, next: index + 1 }
    }
}
