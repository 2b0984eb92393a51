//! The pages: askama structs that borrow domain values and know nothing of requests or databases.
//!
//! A handler makes a [`Layout`], passes it with its values to the `new` of a page, and answers with [`Html::html`].
//! A part that htmx swaps is a block of the same template, rendered as `page.as_list().html()`.

pub mod accounts;
pub mod chatwoot;
mod components;
mod cut_url;
pub mod deliveries;
pub mod errors;
pub mod events;
mod filters;
pub mod inboxes;
mod layout;
pub mod system;
#[cfg(test)]
mod testing;
pub mod webhooks;

pub use crate::i18n::NoticeKind;
pub use layout::{Layout, Notice, Place};

/// A page or fragment that can be rendered as HTML.
pub trait Html {
    fn html(&self) -> Result<String, NotRendered>;
}

impl<T: askama::Template> Html for T {
    fn html(&self) -> Result<String, NotRendered> {
        self.render().map_err(NotRendered)
    }
}

/// A template failed to render; always a fault in Hachok, never in the input.
#[derive(Debug, thiserror::Error)]
#[error("a page could not be rendered: {0}")]
pub struct NotRendered(#[source] askama::Error);
