//! One row of the custom headers in the webhook form.

use askama::Template;
use askama::filters::HtmlSafe;

use crate::domain::problem::{Field, Problems};
use crate::domain::webhooks::Webhook;
use crate::forms::header_row::HeaderRow;
use crate::i18n::Translator;
use crate::views::components::ErrorSlot;
use crate::views::filters;

/// The fields of a row: name, value, *Hide value*, *Remove*.
#[derive(Template)]
#[template(path = "webhooks/_header_row.html")]
pub struct HeaderFields<'a> {
    t: Translator<'a>,
    index: usize,
    row: HeaderRow,
    /// A hidden value is stored under this name: it is never shown, and a new value replaces it.
    stored: bool,
    /// A blank row, for browsers without JavaScript.
    spare: bool,
    focus: bool,
    name_error: ErrorSlot,
    value_error: ErrorSlot,
    name_invalid: bool,
    value_invalid: bool,
}

impl HtmlSafe for HeaderFields<'_> {}

impl<'a> HeaderFields<'a> {
    /// The rows of the form, and two spare ones.
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
            name_invalid: problems.of(&name).is_some(),
            value_invalid: problems.of(&value).is_some(),
        }
    }

    /// As shown: the first row is 1.
    fn number(&self) -> u64 {
        self.index as u64 + 1
    }
}

fn has_hidden(webhook: &Webhook, name: &str) -> bool {
    let name = name.trim();
    webhook.headers.iter().any(|header| header.value.is_none() && header.name.as_str().eq_ignore_ascii_case(name))
}

/// Names the stored headers that today's rules refuse, if any; they are still sent.
pub(super) fn headers_refused_today(t: Translator, webhook: &Webhook) -> Option<String> {
    let names = webhook.headers_refused_today();
    (!names.is_empty()).then(|| t.headers_refused_today(names.join(", ")))
}

/// The answer to *Add header*: a blank row, and the button that asks for the next one.
#[derive(Template)]
#[template(path = "webhooks/_new_header_row.html")]
pub struct NewHeaderRow<'a> {
    t: Translator<'a>,
    row: HeaderFields<'a>,
    next: usize,
}

impl<'a> NewHeaderRow<'a> {
    /// `index` counts from 0.
    pub fn new(t: Translator<'a>, index: usize) -> Self {
        let row = HeaderFields::new(t, index, HeaderRow::default(), &Problems::default());
        Self { t, row: HeaderFields { focus: true, ..row }, next: index + 1 }
    }
}
