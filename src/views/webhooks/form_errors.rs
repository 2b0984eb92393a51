//! The answer to htmx for a form with problems. The page is not rendered again: what was typed stays in the browser.

use askama::Template;

use crate::domain::problem::{Field, Problems};
use crate::i18n::Translator;
use crate::views::components::{ErrorSlot, ErrorSummary};

/// The summary for `#errsum`, and every error slot of the form as an out-of-band swap, so that old errors disappear.
#[derive(Template)]
#[template(source = "{{ summary }}{% for slot in slots %}{{ slot }}{% endfor %}", ext = "html")]
pub struct FormErrorsFragment<'a> {
    summary: ErrorSummary<'a>,
    slots: Vec<ErrorSlot>,
}

impl<'a> FormErrorsFragment<'a> {
    /// For the webhook form with `header_rows` rows of custom headers.
    pub fn new(t: Translator<'a>, problems: &Problems, header_rows: usize) -> Self {
        let fields = FIELDS.iter().cloned();
        let rows = (0..header_rows).flat_map(|row| [Field::HeaderName(row), Field::HeaderValue(row)]);
        let slots = fields.chain(rows).map(|field| ErrorSlot::out_of_band(t, problems, &field)).collect();
        Self { summary: ErrorSummary::new(t, t.form_not_saved(), problems), slots }
    }

    /// For the test form. Its answers go to `#result`, so this one needs `HX-Retarget: #errsum`.
    pub fn of_test(t: Translator<'a>, problems: &Problems) -> Self {
        let summary = ErrorSummary::new(t, t.test_not_sent(), problems);
        Self { summary, slots: vec![ErrorSlot::out_of_band(t, problems, &Field::TestBody)] }
    }
}

/// The fields of the webhook form with an error slot, except those of the header rows.
const FIELDS: [Field; 13] = [
    Field::Name,
    Field::Url,
    Field::Authorization,
    Field::BearerToken,
    Field::BasicLogin,
    Field::BasicPassword,
    Field::CustomName,
    Field::CustomValue,
    Field::Events,
    Field::Inboxes,
    Field::Secret,
    Field::Headers,
    Field::Timeout,
];
