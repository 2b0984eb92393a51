//! Webhooks: the list, the form, and the pages of one webhook.

mod delete;
mod form;
mod form_errors;
mod header_row;
mod list;
mod overview;
mod secret;
mod strip;
mod test;

pub use delete::DeletePage;
pub use form::{FormInput, FormPage};
pub use form_errors::FormErrors;
pub use header_row::NewHeaderRow;
pub use list::{Alert, Filter, List, ListPage, Row, Summary, Totals};
pub use overview::OverviewPage;
pub use secret::SecretPage;
pub use strip::Hour;
pub use test::{TestForm, TestPage};

/// The tabs of one webhook's pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tab {
    Overview,
    Test,
    Secret,
}
