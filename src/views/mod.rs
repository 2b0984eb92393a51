//! The pages: askama structs that borrow domain values and know nothing of requests or databases.
//!
//! A handler makes a [`Shell`], gives it with its values to the `new` of a page, and answers with [`Html::html`].
//! A part that htmx swaps is a block of the same template: `page.as_list().html()`.

pub mod catalogue;
pub mod deliveries;
pub mod errors;
mod filters;
#[cfg(test)]
mod gallery;
pub mod inboxes;
pub mod invite;
mod parts;
pub mod profile;
pub mod received;
#[cfg(test)]
mod samples;
pub mod session;
pub mod settings;
mod shell;
pub mod status;
#[cfg(test)]
mod tests;
pub mod tokens;
pub mod users;
pub mod webhooks;

pub use crate::i18n::NoticeKind;
pub use shell::{Notice, Place, Shell};

/// A page or fragment that can be written as HTML.
pub trait Html {
    /// The HTML.
    fn html(&self) -> Result<String, NotRendered>;
}

impl<T: askama::Template> Html for T {
    fn html(&self) -> Result<String, NotRendered> {
        self.render().map_err(NotRendered)
    }
}

/// A template failed: a fault of ours.
#[derive(Debug, thiserror::Error)]
#[error("a page could not be rendered: {0}")]
pub struct NotRendered(#[source] askama::Error);
