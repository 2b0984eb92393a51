-- Chatwoot accounts whose events arrive here. Without `api_token` a person has entered the URL of ingest in Chatwoot.
CREATE TABLE chatwoot_connections (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    name TEXT NOT NULL,
    base_url TEXT,
    account_id INTEGER,
    api_token TEXT,
    webhook_id INTEGER,
    ingest_key TEXT NOT NULL,
    key_hash BLOB NOT NULL UNIQUE,
    old_key_hash BLOB UNIQUE,
    old_key_until INTEGER,
    secret TEXT,
    old_secret TEXT,
    old_secret_until INTEGER,
    created_at INTEGER NOT NULL,
    disconnected_at INTEGER,
    checked_at INTEGER,
    next_check_at INTEGER NOT NULL,
    checked_routing INTEGER,
    inboxes_synced_at INTEGER,
    next_sync_at INTEGER NOT NULL,
    claimed_until INTEGER,
    last_event_at INTEGER,
    problem TEXT,
    problem_detail TEXT,
    problem_at INTEGER,
    other_unknown_events INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX chatwoot_accounts ON chatwoot_connections (base_url, account_id) WHERE base_url IS NOT NULL;

-- Requests to ingest that were refused, for each connection by reason.
CREATE TABLE chatwoot_refusals (
    connection_id INTEGER NOT NULL REFERENCES chatwoot_connections (id),
    reason TEXT NOT NULL,
    amount INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (connection_id, reason)
) STRICT, WITHOUT ROWID;

-- Events that the catalogue does not have, for each connection by name. At most 50 names; further ones are counted in
-- `other_unknown_events` of the connection.
CREATE TABLE chatwoot_unknown_events (
    connection_id INTEGER NOT NULL REFERENCES chatwoot_connections (id),
    name TEXT NOT NULL,
    amount INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (connection_id, name)
) STRICT, WITHOUT ROWID;

-- One row: requests to ingest with a key that belongs to no connection.
CREATE TABLE chatwoot_wrong_keys (
    id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
    amount INTEGER NOT NULL,
    last_at INTEGER
) STRICT;
INSERT INTO chatwoot_wrong_keys (id, amount) VALUES (1, 0);

-- Inboxes of several accounts may have equal external ids. SQLite drops a UNIQUE of a column only with its table.
CREATE TABLE new_inboxes (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    external_id TEXT,
    name TEXT NOT NULL,
    channel_type TEXT,
    archived_at INTEGER,
    created_at INTEGER NOT NULL,
    unnamed INTEGER NOT NULL DEFAULT 0 CHECK (unnamed IN (0, 1)),
    connection_id INTEGER REFERENCES chatwoot_connections (id),
    source_name TEXT
) STRICT;
INSERT INTO new_inboxes (id, external_id, name, channel_type, archived_at, created_at, unnamed)
    SELECT id, external_id, name, channel_type, archived_at, created_at, unnamed FROM inboxes;
DROP TABLE inboxes;
ALTER TABLE new_inboxes RENAME TO inboxes;
CREATE UNIQUE INDEX inboxes_posted ON inboxes (external_id) WHERE connection_id IS NULL;
CREATE UNIQUE INDEX inboxes_connected ON inboxes (connection_id, external_id) WHERE connection_id IS NOT NULL;
