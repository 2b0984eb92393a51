//! The numbers of deliveries that have not ended, each state with a link to the log.

use askama::Template;
use askama::filters::HtmlSafe;

use crate::domain::deliveries::log_filter::{LogFilter, StateFilter};
use crate::domain::deliveries::state::OpenCounts;
use crate::domain::id::WebhookId;
use crate::i18n::{Count, Translator};
use crate::views::components::Badge;
use crate::views::filters;

/// A line of states with their numbers; without those that no delivery is in.
#[derive(Template)]
#[template(path = "deliveries/_open_states.html")]
pub struct OpenStates {
    states: Vec<OpenState>,
    /// Only icons and numbers are seen.
    is_short: bool,
}

impl HtmlSafe for OpenStates {}

struct OpenState {
    badge: Badge,
    number: String,
    address: String,
}

impl OpenStates {
    /// Of one webhook, or in short of all.
    pub fn new(t: Translator, counts: OpenCounts, webhook: Option<WebhookId>) -> Self {
        let states = [
            (StateFilter::Queued, counts.queued),
            (StateFilter::Retrying, counts.retrying),
            (StateFilter::Waiting, counts.waiting),
            (StateFilter::Held, counts.held),
        ];
        let of = |(filter, count): (StateFilter, i64)| {
            let state = filter.state()?;
            let number = Count::try_from(count).ok().filter(|count| *count > 0)?;
            let address =
                LogFilter { states: vec![filter], webhooks: webhook.into_iter().collect(), ..LogFilter::default() };
            let address = super::log::address(&address, t.zone());
            Some(OpenState { badge: Badge::of_delivery_state(t, state), number: t.number(number), address })
        };
        Self { states: states.into_iter().filter_map(of).collect(), is_short: webhook.is_none() }
    }
}
