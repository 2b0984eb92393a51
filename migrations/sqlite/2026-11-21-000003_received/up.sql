-- Why no webhook got an event: 'unsubscribed', 'other_inbox', 'off'. NULL when one did.
ALTER TABLE events ADD COLUMN unmatched TEXT;
-- The list of those events; all others never enter this index.
CREATE INDEX events_unmatched ON events (id) WHERE unmatched IS NOT NULL;
