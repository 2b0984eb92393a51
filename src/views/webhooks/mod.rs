//! The list of webhooks, their form, and the pages of one webhook.

mod alert;
mod chart;
mod conflict;
mod delete;
mod first_steps;
mod form;
mod form_errors;
mod header_row;
mod held_deliveries;
mod list;
mod list_filter;
mod overview;
mod secret;
mod sparkline;
mod test_event;
mod verify_signature;

pub use alert::{Alert, Stage};
pub use chart::{AnswerTimes, Chart, ChartInput};
pub use delete::DeletePage;
pub use first_steps::StepsDone;
pub use form::{FormInput, FormPage};
pub use form_errors::FormErrorsFragment;
pub use header_row::NewHeaderRow;
pub use held_deliveries::HeldPage;
pub use list::{Pagination, Summary, Totals, WebhookRow, WebhooksInput, WebhooksPage};
pub use list_filter::WebhookFilter;
pub use overview::{OverviewPage, Recent};
pub use secret::SecretPage;
pub use sparkline::Hour;
pub use test_event::{TestForm, TestPage};
pub use verify_signature::{VerifyForm, VerifyPage};

/// The tabs of one webhook's pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::views) enum Tab {
    Overview,
    Deliveries,
    Test,
    Secret,
}
