//! The filter and the order of the list of webhooks, as in the query of its URL.

use crate::domain::id::InboxId;
use crate::domain::inboxes::Inbox;
use crate::domain::webhooks::State;
use crate::domain::webhooks::list_order::{ListOrder, OrderBy};
use crate::views::layout::Layout;

/// The address of the shown list with its filter, for the forms on it.
pub(super) fn list_address<'a>(layout: &Layout<'a>) -> &'a str {
    if layout.path.starts_with("/webhooks?") { layout.path } else { "/webhooks" }
}

/// The filter in the query of the page's URL.
#[derive(Clone, Copy, Debug, Default)]
pub struct WebhookFilter<'a> {
    /// Searched in names and URLs.
    pub q: &'a str,
    pub state: Option<State>,
    /// Only webhooks with an alert.
    pub trouble: bool,
    /// Only webhooks that get the events of this inbox.
    pub inbox: Option<InboxId>,
    pub order: ListOrder,
}

impl WebhookFilter<'_> {
    /// The value of the query's `state` for webhooks with an alert.
    pub const TROUBLE: &'static str = "trouble";

    pub(super) fn has_state(&self, state: &State) -> bool {
        self.state.as_ref() == Some(state)
    }

    /// The address of the list with this filter, at a page.
    pub(super) fn link(&self, page: &usize) -> String {
        let inbox = self.inbox.map(|id| id.to_string()).unwrap_or_default();
        let (order, page) = (self.order.as_text(), if *page > 1 { page.to_string() } else { String::new() });
        let state = if self.trouble { Self::TROUBLE } else { self.state.map_or("", State::as_str) };
        let pairs = [("q", self.q), ("state", state), ("inbox", &inbox), ("sort", &order), ("page", &page)];
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(pairs.iter().filter(|(_, value)| !value.is_empty()));
        match query.finish() {
            query if query.is_empty() => "/webhooks".into(),
            query => format!("/webhooks?{query}"),
        }
    }

    /// The address of the list after a click on the head of a column.
    pub(super) fn sorted_by(&self, by: &OrderBy) -> String {
        Self { order: self.order.after_click(*by), ..*self }.link(&1)
    }

    /// How the list is ordered by a column, as `aria-sort`; `None` if it is not. Names and rates begin with the least, times
    /// with the newest.
    pub(super) fn direction(&self, by: &OrderBy) -> Option<&'static str> {
        let ascending = self.order.reversed == (*by == OrderBy::LastDelivery);
        (self.order.by == *by).then_some(if ascending { "ascending" } else { "descending" })
    }

    pub(super) fn has_inbox(&self, inbox: &Inbox) -> bool {
        self.inbox == Some(inbox.id)
    }
}
