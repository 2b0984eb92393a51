-- How far a connected Chatwoot was compared with what has arrived. Everything up to `compared_to` (seconds) was; a running
-- comparison began at `began` (seconds) and continues with `page`. `comparing` are the bits of the events whose absence
-- counts, `expected` of those that were registered when it began, `expected_before` when the one before began.
CREATE TABLE chatwoot_comparisons (
    connection_id INTEGER PRIMARY KEY NOT NULL REFERENCES chatwoot_connections (id),
    takes_in INTEGER NOT NULL DEFAULT 0 CHECK (takes_in IN (0, 1)),
    compared_to INTEGER NOT NULL,
    began INTEGER,
    page INTEGER NOT NULL DEFAULT 1,
    comparing INTEGER NOT NULL DEFAULT 0,
    expected INTEGER NOT NULL,
    expected_before INTEGER NOT NULL,
    next_at INTEGER NOT NULL,
    ended_at INTEGER,
    requests INTEGER NOT NULL DEFAULT 0,
    problem TEXT
) STRICT;
-- Events that did not arrive. `subject` is the id of a message, else the conversation. `wanted_at` is set when the event is
-- to be taken in.
CREATE TABLE chatwoot_missing (
    connection_id INTEGER NOT NULL REFERENCES chatwoot_connections (id),
    kind TEXT NOT NULL,
    subject INTEGER NOT NULL,
    conversation_id INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    occurred_at INTEGER NOT NULL,
    found_at INTEGER NOT NULL,
    wanted_at INTEGER,
    body BLOB NOT NULL,
    PRIMARY KEY (connection_id, kind, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX chatwoot_missing_by_conversation ON chatwoot_missing (connection_id, conversation_id);
CREATE INDEX chatwoot_missing_by_time ON chatwoot_missing (connection_id, occurred_at);
CREATE INDEX chatwoot_missing_wanted ON chatwoot_missing (connection_id, occurred_at) WHERE wanted_at IS NOT NULL;
