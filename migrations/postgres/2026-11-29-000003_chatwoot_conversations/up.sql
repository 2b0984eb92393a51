-- The last known state of each conversation of a connected Chatwoot, and what has arrived of it. Without a `status` only
-- messages have arrived. `reported` has a bit for each attribute whose present value an event has reported; `messages` are
-- the ids of the newest messages that have arrived. Up to `compared_activity` (seconds) and `compared_message` the
-- conversation was compared with Chatwoot.
CREATE TABLE chatwoot_conversations (
    connection_id BIGINT NOT NULL REFERENCES chatwoot_connections (id),
    conversation_id BIGINT NOT NULL,
    status TEXT,
    assignee TEXT,
    team TEXT,
    labels TEXT,
    substatus TEXT,
    updated_at BIGINT,
    reported BIGINT NOT NULL DEFAULT 0,
    is_created BOOLEAN NOT NULL DEFAULT FALSE,
    messages BYTEA NOT NULL DEFAULT '',
    last_activity BIGINT NOT NULL DEFAULT 0,
    awaited_event BIGINT,
    awaited_until BIGINT,
    compared_activity BIGINT NOT NULL DEFAULT 0,
    compared_message BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (connection_id, conversation_id)
);
CREATE INDEX chatwoot_conversations_by_activity ON chatwoot_conversations (connection_id, last_activity);
CREATE INDEX chatwoot_conversations_awaited ON chatwoot_conversations (awaited_until) WHERE awaited_until IS NOT NULL;
