-- How far a connected Chatwoot was compared with what has arrived. Everything up to `compared_to` (seconds) was; a running
-- comparison began at `began` (seconds) and continues with `page`. `comparing` are the bits of the events whose absence
-- counts, `expected` of those that were registered when it began, `expected_before` when the one before began.
CREATE TABLE chatwoot_comparisons (
    connection_id BIGINT PRIMARY KEY NOT NULL REFERENCES chatwoot_connections (id),
    takes_in BOOLEAN NOT NULL DEFAULT FALSE,
    compared_to BIGINT NOT NULL,
    began BIGINT,
    page BIGINT NOT NULL DEFAULT 1,
    comparing BIGINT NOT NULL DEFAULT 0,
    expected BIGINT NOT NULL,
    expected_before BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    ended_at BIGINT,
    requests BIGINT NOT NULL DEFAULT 0,
    problem TEXT
);
-- Events that did not arrive. `subject` is the id of a message, else the conversation. `wanted_at` is set when the event is
-- to be taken in.
CREATE TABLE chatwoot_missing (
    connection_id BIGINT NOT NULL REFERENCES chatwoot_connections (id),
    kind TEXT NOT NULL,
    subject BIGINT NOT NULL,
    conversation_id BIGINT NOT NULL,
    changed BIGINT NOT NULL,
    occurred_at BIGINT NOT NULL,
    found_at BIGINT NOT NULL,
    wanted_at BIGINT,
    body BYTEA NOT NULL,
    PRIMARY KEY (connection_id, kind, subject)
);
CREATE INDEX chatwoot_missing_by_conversation ON chatwoot_missing (connection_id, conversation_id);
CREATE INDEX chatwoot_missing_by_time ON chatwoot_missing (connection_id, occurred_at);
CREATE INDEX chatwoot_missing_wanted ON chatwoot_missing (connection_id, occurred_at) WHERE wanted_at IS NOT NULL;
