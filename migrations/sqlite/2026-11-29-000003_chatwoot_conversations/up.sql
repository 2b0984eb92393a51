-- The last known state of each conversation of a connected Chatwoot, and what has arrived of it. Without a `status` only
-- messages have arrived. `reported` has a bit for each attribute whose present value an event has reported; `messages` are
-- the ids of the newest messages that have arrived. Up to `compared_activity` (seconds) and `compared_message` the
-- conversation was compared with Chatwoot.
CREATE TABLE chatwoot_conversations (
    connection_id INTEGER NOT NULL REFERENCES chatwoot_connections (id),
    conversation_id INTEGER NOT NULL,
    status TEXT,
    assignee TEXT,
    team TEXT,
    labels TEXT,
    substatus TEXT,
    updated_at INTEGER,
    reported INTEGER NOT NULL DEFAULT 0,
    is_created INTEGER NOT NULL DEFAULT 0 CHECK (is_created IN (0, 1)),
    messages BLOB NOT NULL DEFAULT X'',
    last_activity INTEGER NOT NULL DEFAULT 0,
    awaited_event INTEGER,
    awaited_until INTEGER,
    compared_activity INTEGER NOT NULL DEFAULT 0,
    compared_message INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (connection_id, conversation_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX chatwoot_conversations_by_activity ON chatwoot_conversations (connection_id, last_activity);
CREATE INDEX chatwoot_conversations_awaited ON chatwoot_conversations (awaited_until) WHERE awaited_until IS NOT NULL;
