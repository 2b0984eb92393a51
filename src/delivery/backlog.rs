//! Which webhooks have due deliveries that got no permit.
//!
//! A pass of the worker claims for these webhooks. That there may be others, such as those whose retries have come due, it
//! finds out by a look at all webhooks, which costs more the more webhooks there are.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::domain::id::WebhookId;

/// What the worker has to do.
#[derive(Debug)]
pub(super) struct Backlog {
    state: Mutex<State>,
    wake: Notify,
}

#[derive(Debug)]
struct State {
    known: BTreeSet<WebhookId>,
    is_look_due: bool,
}

/// The webhooks of one pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    All,
    Known(Vec<WebhookId>),
}

impl Backlog {
    /// The first pass looks at all webhooks.
    pub(super) const fn new() -> Self {
        Self { state: Mutex::new(State { known: BTreeSet::new(), is_look_due: true }), wake: Notify::const_new() }
    }

    /// Wakes the worker.
    pub(super) fn wake(&self) {
        self.wake.notify_one();
    }

    /// Wakes the worker if due deliveries wait for a permit. Called after each release of one.
    pub(super) fn wake_if_waiting(&self) {
        if !self.is_empty() {
            self.wake();
        }
    }

    /// Has the worker look at all webhooks now.
    pub(super) fn wake_for_look(&self) {
        self.ask_for_look();
        self.wake();
    }

    /// Waits until the worker is woken.
    pub(super) async fn woken(&self) {
        self.wake.notified().await;
    }

    /// Notes that due deliveries of these webhooks got no permit.
    pub(super) fn add(&self, webhooks: impl IntoIterator<Item = WebhookId>) {
        self.lock().known.extend(webhooks);
    }

    /// Has the next pass look at all webhooks.
    pub(super) fn ask_for_look(&self) {
        self.lock().is_look_due = true;
    }

    /// Whether a pass would have something to do.
    pub(super) fn is_empty(&self) -> bool {
        let state = self.lock();
        state.known.is_empty() && !state.is_look_due
    }

    /// What the next pass has to do, if anything.
    pub(super) fn scope(&self) -> Option<Scope> {
        let state = self.lock();
        match (state.is_look_due, state.known.is_empty()) {
            (true, _) => Some(Scope::All),
            (false, false) => Some(Scope::Known(state.known.iter().copied().collect())),
            (false, true) => None,
        }
    }

    /// Forgets what a pass looks after from now on. What is noted meanwhile is for the next pass.
    pub(super) fn begin_pass(&self, scope: &Scope) {
        let mut state = self.lock();
        match scope {
            Scope::All => *state = State { known: BTreeSet::new(), is_look_due: false },
            Scope::Known(webhooks) => webhooks.iter().for_each(|webhook| {
                state.known.remove(webhook);
            }),
        }
    }

    /// Notes the scope of a pass that failed.
    pub(super) fn restore(&self, scope: Scope) {
        match scope {
            Scope::All => self.ask_for_look(),
            Scope::Known(webhooks) => self.add(webhooks),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: WebhookId = WebhookId(1);
    const TWO: WebhookId = WebhookId(2);

    #[test]
    fn what_is_noted_during_a_pass_is_for_the_next_pass() {
        let backlog = Backlog::new();
        assert_eq!(backlog.scope(), Some(Scope::All), "the first pass looks at all");
        backlog.begin_pass(&Scope::All);
        assert!(backlog.is_empty());
        assert_eq!(backlog.scope(), None);
        backlog.add([TWO, ONE, TWO]);
        let scope = backlog.scope().expect("two webhooks");
        assert_eq!(scope, Scope::Known(vec![ONE, TWO]));
        backlog.begin_pass(&scope);
        backlog.add([TWO]);
        assert_eq!(backlog.scope(), Some(Scope::Known(vec![TWO])));
        backlog.ask_for_look();
        assert_eq!(backlog.scope(), Some(Scope::All));
    }

    #[test]
    fn a_pass_that_failed_is_repeated() {
        let backlog = Backlog::new();
        for scope in [Scope::All, Scope::Known(vec![ONE, TWO])] {
            backlog.begin_pass(&Scope::All);
            backlog.restore(scope.clone());
            assert_eq!(backlog.scope(), Some(scope));
        }
    }
}
