//! The snapshot of a conversation, and the events that follow from what is observed
//! (docs/reference/ingest.md, "Derived events").
//!
//! `changed_attributes` of Chatwoot is incomplete: an assignment within the transaction of another change hides that
//! change. So the state of a body is compared with the last known one. Chatwoot builds a body after its event, in jobs
//! that run in parallel: a body may be newer than its event, two bodies may have the same `updated_at`, and bodies may
//! arrive in any order.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::time::Duration;

use super::attribute::Attribute;
use super::message_ids::MessageIds;
use super::observation::{Observation, Seen, State};
use crate::domain::events::catalogue::EventName;
use crate::domain::id::EventId;
use crate::domain::timestamp::Timestamp;

/// How long a change of the status waits for Chatwoot's own event if `changed_attributes` does not name the status.
const UNNAMED_STATUS_WAIT: Duration = Duration::from_secs(10);
/// The same if it does: then Chatwoot sends its own event, and only a loss makes it missing.
const NAMED_STATUS_WAIT: Duration = Duration::from_secs(120);

/// What is known of a conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// The newest state; `None` while only messages have arrived.
    pub known: Option<Known>,
    /// Whether its `conversation_created` has arrived.
    pub is_created: bool,
    /// The newest messages that have arrived.
    pub messages: MessageIds,
    /// The latest `last_activity_at`, in seconds since the Unix epoch.
    pub last_activity_s: i64,
    /// A change of the status whose own event from Chatwoot has not arrived.
    pub awaited: Option<AwaitedStatus>,
}

/// The newest state of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The state.
    pub state: State,
    /// The attributes for whose present value an event exists. A conversation that is seen for the first time has values
    /// without one; a body that names such an attribute as changed reports that change.
    pub reported: BTreeSet<Attribute>,
}

/// A change of the status that Chatwoot has not reported by its own event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AwaitedStatus {
    /// The event whose body has the new status.
    pub event: EventId,
    /// From then on, `conversation_status_changed` is derived from that event.
    pub until: Timestamp,
}

impl Snapshot {
    /// Takes an observation in, and returns the names of the events to derive from `event`. `None` leaves those that the
    /// body alone implies.
    pub fn observe(&mut self, seen: &Observation, event: EventId, now: Timestamp) -> Option<Vec<EventName>> {
        self.last_activity_s = self.last_activity_s.max(seen.last_activity_s);
        match &seen.seen {
            // Chatwoot may send a message twice with different delivery ids.
            Seen::Message(id) => (!self.messages.insert(*id)).then(Vec::new),
            Seen::State { event: name, state, changed } => {
                self.is_created |= *name == EventName::ConversationCreated;
                let news = self.news(state, changed);
                if *name != EventName::ConversationStatusChanged && news.contains(&Attribute::Status) {
                    let is_named = changed.contains(&Attribute::Status);
                    let wait = if is_named { NAMED_STATUS_WAIT } else { UNNAMED_STATUS_WAIT };
                    self.awaited = Some(AwaitedStatus { event, until: now.after(wait) });
                }
                if *name == EventName::ConversationStatusChanged {
                    self.note_own_status_event(state);
                }
                let derived = news.into_iter().filter(|attribute| *attribute != Attribute::Status);
                Some(derived.map(Attribute::event).collect())
            }
        }
    }

    /// Replaces an older state, and returns the attributes whose change no event has reported.
    fn news(&mut self, state: &State, changed: &BTreeSet<Attribute>) -> BTreeSet<Attribute> {
        let Some(known) = &mut self.known else {
            self.known = Some(Known { state: state.clone(), reported: changed.clone() });
            return changed.clone();
        };
        let order = order(state, &known.state);
        if order == Ordering::Less {
            return BTreeSet::new();
        }
        let is_unreported = |attribute: &Attribute| {
            !known.reported.contains(attribute) && known.state.get(*attribute) == state.get(*attribute)
        };
        let mut news: BTreeSet<Attribute> = changed.iter().copied().filter(is_unreported).collect();
        // Two bodies of one time that differ have no order: the first one stays.
        if order == Ordering::Greater {
            news.extend(state.differences(&known.state));
            known.state = state.clone();
        }
        known.reported.extend(&news);
        news
    }

    /// Chatwoot's own event reports the status of its body, also of an older one that has the present status.
    fn note_own_status_event(&mut self, state: &State) {
        if let Some(known) = self.known.as_mut().filter(|known| known.state.status == state.status) {
            known.reported.insert(Attribute::Status);
            self.awaited = None;
        }
    }

    /// Takes a state from Chatwoot's API, if none is known. No event has reported it.
    pub fn seed(&mut self, state: State) {
        self.known.get_or_insert(Known { state, reported: BTreeSet::new() });
    }

    /// The attributes in which a state from Chatwoot's API is ahead of this snapshot. Nothing if no state is known, or if
    /// the API's is older.
    pub fn missed(&self, api: &State) -> BTreeSet<Attribute> {
        match &self.known {
            Some(known) if order(api, &known.state) != Ordering::Less => api.differences(&known.state),
            _ => BTreeSet::new(),
        }
    }
}

/// A state without a time counts as the newest: then the order of arrival decides.
fn order(new: &State, known: &State) -> Ordering {
    match (new.updated_at, known.updated_at) {
        (Some(new), Some(known)) => new.cmp(&known),
        _ => Ordering::Greater,
    }
}

#[cfg(test)]
mod tests {
    use EventName::{
        AssigneeChanged, ConversationLabelsChanged, ConversationSubstatusChanged, MessageReceived, TeamChanged,
    };
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::domain::events::incoming::Incoming;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    /// The names that are derived from a body, as ingest does it.
    fn take(snapshot: &mut Snapshot, body: &str, event: i64) -> Vec<EventName> {
        let posted = Incoming::parse(body.to_owned().into(), "substatus").expect("an event");
        let implied = posted.derived.iter().map(|(name, _)| *name).collect();
        let Some(seen) = Observation::read(posted.name, body, "substatus") else { return implied };
        snapshot.observe(&seen, EventId(event), at(event)).unwrap_or(implied)
    }

    macro_rules! samples {
        ($($name:literal => $alone:expr, $in_order:expr;)*) => {
            [$(($name, include_str!(concat!("../../../tests/data/chatwoot/", $name, ".json")), $alone, $in_order)),*]
        };
    }

    /// Each sample on its own, and all in the order of one conversation: (sample, alone, after those before it).
    #[test]
    fn every_sample_derives_what_it_says() {
        let none = Vec::<EventName>::new;
        let samples = samples! {
            "conversation_created" => none(), none();
            "message_created" => vec![MessageReceived], vec![MessageReceived];
            "conversation_updated" => vec![AssigneeChanged, TeamChanged], vec![AssigneeChanged, TeamChanged];
            "conversation_updated.labels" => vec![ConversationLabelsChanged], vec![ConversationLabelsChanged];
            // The sample has no labels any more, which its changed_attributes do not name.
            "conversation_updated.custom_attributes" => vec![ConversationSubstatusChanged],
                vec![ConversationLabelsChanged, ConversationSubstatusChanged];
            "message_created.outgoing" => none(), none();
            "message_created.private_note" => none(), none();
            "message_updated" => none(), none();
            "conversation_status_changed" => none(), vec![ConversationSubstatusChanged];
            "conversation_updated.status" => none(), none();
            "conversation_typing_on" => none(), none();
            "conversation_typing_off" => none(), none();
            "contact_created" => none(), none();
            "contact_updated" => none(), none();
            "inbox_created" => none(), none();
            "inbox_updated" => none(), none();
            "webwidget_triggered" => none(), none();
        };
        let mut conversation = Snapshot::default();
        for (name, body, alone, in_order) in samples {
            assert_eq!(take(&mut Snapshot::default(), body, 1), alone, "{name}");
            assert_eq!(take(&mut conversation, body, 1), in_order, "{name}");
            assert_eq!(take(&mut conversation, body, 2), none(), "{name} again");
        }
        assert!(conversation.is_created && conversation.awaited.is_none());
        assert!([50212, 50213, 50214].iter().all(|id| conversation.messages.may_have_arrived(*id)));
    }

    fn body(event: &str, second: i64, state: [u8; 4], changed: &[&str]) -> String {
        let [status, assignee, team, label] = state;
        let changed: Vec<_> = changed.iter().map(|name| json!({*name: {}})).collect();
        let labels: Vec<_> = (0..label).map(|label| format!("label-{label}")).collect();
        let status = ["open", "pending", "resolved", "snoozed"][usize::from(status % 4)];
        let object = |id: u8| (id > 0).then(|| json!({"id": id}));
        json!({
            "event": event, "id": 7, "status": status,
            "labels": labels, "meta": {"assignee": object(assignee), "assignee_type": "User", "team": object(team)},
            "custom_attributes": {}, "updated_at": second, "changed_attributes": changed,
        })
        .to_string()
    }

    #[test]
    fn a_change_that_its_body_does_not_name_is_derived() {
        let mut snapshot = Snapshot::default();
        assert_eq!(take(&mut snapshot, &body("conversation_created", 1, [0, 0, 0, 0], &[]), 1), vec![]);
        assert_eq!(
            take(&mut snapshot, &body("conversation_updated", 2, [0, 3, 0, 0], &["team_id"]), 2),
            [AssigneeChanged, TeamChanged]
        );
        assert_eq!(
            take(&mut snapshot, &body("conversation_updated", 3, [0, 3, 0, 2], &[]), 3),
            [ConversationLabelsChanged]
        );
    }

    #[test]
    fn an_assignment_that_the_first_body_has_already_is_derived_once() {
        let mut snapshot = Snapshot::default();
        assert_eq!(take(&mut snapshot, &body("conversation_created", 5, [0, 3, 0, 0], &[]), 1), vec![]);
        let assigned = body("conversation_updated", 5, [0, 3, 0, 0], &["assignee_id"]);
        assert_eq!(take(&mut snapshot, &assigned, 2), [AssigneeChanged]);
        assert_eq!(take(&mut snapshot, &assigned, 3), vec![]);
        assert_eq!(take(&mut snapshot, &assigned.replace("\"updated_at\":5", "\"updated_at\":6"), 4), vec![]);
    }

    #[test]
    fn an_older_body_derives_nothing() {
        let mut snapshot = Snapshot::default();
        take(&mut snapshot, &body("conversation_updated", 9, [0, 3, 0, 0], &[]), 1);
        assert_eq!(take(&mut snapshot, &body("conversation_updated", 8, [1, 2, 1, 1], &["assignee_id"]), 2), vec![]);
        let known = snapshot.known.expect("a state").state;
        assert_eq!((known.assignee.as_deref(), known.updated_at), (Some("user:3"), Some(at(9))));
    }

    /// Chatwoot #9277: pending → open with an automatic assignment, of which only the assignment is reported.
    #[test]
    fn a_change_of_the_status_waits_for_the_own_event_of_chatwoot() {
        let opened = body("conversation_updated", 2, [0, 3, 0, 0], &["assignee_id"]);
        let own = body("conversation_status_changed", 2, [0, 3, 0, 0], &[]);
        let begin = || {
            let mut snapshot = Snapshot::default();
            take(&mut snapshot, &body("conversation_created", 1, [1, 0, 0, 0], &[]), 1);
            snapshot
        };
        let mut lost = begin();
        assert_eq!(take(&mut lost, &opened, 20), [AssigneeChanged]);
        assert_eq!(lost.awaited, Some(AwaitedStatus { event: EventId(20), until: at(30) }));
        // The own event comes later, earlier, or with the body of a later time.
        take(&mut lost, &own, 21);
        assert_eq!(lost.awaited, None);
        let mut early = begin();
        assert_eq!(take(&mut early, &own, 20), [AssigneeChanged]);
        assert_eq!((take(&mut early, &opened, 21), early.awaited), (vec![], None));
        let mut late = begin();
        take(&mut late, &opened, 20);
        take(&mut late, &own.replace("\"updated_at\":2", "\"updated_at\":3"), 21);
        assert_eq!(late.awaited, None);
        // It comes with an older body than that of another change.
        let mut older = begin();
        take(&mut older, &opened.replace("\"updated_at\":2", "\"updated_at\":3"), 20);
        take(&mut older, &own, 21);
        assert_eq!(older.awaited, None);
        // Chatwoot names the status: its own event is on its way, or lost.
        let mut named = begin();
        take(&mut named, &body("conversation_updated", 2, [0, 0, 0, 0], &["status"]), 20);
        assert_eq!(named.awaited, Some(AwaitedStatus { event: EventId(20), until: at(140) }));
    }

    #[test]
    fn the_api_is_ahead_only_with_a_newer_state() {
        let state = |second, assignee| {
            let body = body("conversation_updated", second, [0, assignee, 0, 0], &[]);
            match Observation::read(EventName::ConversationUpdated, &body, "substatus").map(|seen| seen.seen) {
                Some(Seen::State { state, .. }) => state,
                other => panic!("{other:?}"),
            }
        };
        let mut snapshot = Snapshot::default();
        assert_eq!(snapshot.missed(&state(5, 1)), BTreeSet::new());
        take(&mut snapshot, &body("conversation_updated", 5, [0, 1, 0, 0], &[]), 1);
        assert_eq!(snapshot.missed(&state(6, 1)), BTreeSet::new());
        assert_eq!(snapshot.missed(&state(6, 2)), [Attribute::Assignee].into());
        assert_eq!(snapshot.missed(&state(4, 2)), BTreeSet::new());
    }

    proptest! {
        /// A history of states, whose bodies arrive in any order, some of them repeatedly or never.
        #[test]
        fn in_any_order_the_newest_state_stays_and_no_change_is_derived_twice(
            history in proptest::collection::vec(any::<[u8; 4]>().prop_map(|state| state.map(|value| value % 3)), 1..12),
            arrivals in proptest::collection::vec(any::<(proptest::sample::Index, bool)>(), 1..40),
        ) {
            let mut snapshot = Snapshot::default();
            let (mut newest, mut derived) = (0, BTreeSet::new());
            for (arrival, (index, is_own)) in (1..).zip(arrivals) {
                let second = index.index(history.len());
                let before = history[second.saturating_sub(1)];
                let names = ["status", "assignee_id", "team_id", "label_list"];
                let differs = |place: &usize| before[*place] != history[second][*place];
                let changed: Vec<_> = (0..4).filter(differs).map(|place| names[place]).collect();
                let event = if is_own { "conversation_status_changed" } else { "conversation_updated" };
                let second = i64::try_from(second).unwrap_or_default();
                let state = history[usize::try_from(second).unwrap_or_default()];
                let names = take(&mut snapshot, &body(event, second + 1, state, &changed), arrival);
                prop_assert!(names.is_empty() || second >= newest, "an older body derived {names:?}");
                newest = newest.max(second);
                for name in names {
                    prop_assert!(derived.insert((name, second)), "{name} twice at {second}");
                }
                let known = snapshot.known.as_ref().map(|known| known.state.clone());
                let expected = body("conversation_updated", newest + 1, history[usize::try_from(newest).unwrap_or_default()], &[]);
                let expected = Observation::read(EventName::ConversationUpdated, &expected, "substatus").map(|seen| seen.seen);
                let Some(Seen::State { state, .. }) = expected else { return Err(TestCaseError::fail("no state")) };
                prop_assert_eq!(known, Some(state));
            }
        }
    }
}
