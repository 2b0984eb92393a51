-- Of inboxes with the same external id only the one of posted events keeps it.
CREATE TABLE old_inboxes (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    external_id TEXT UNIQUE,
    name TEXT NOT NULL,
    channel_type TEXT,
    archived_at INTEGER,
    created_at INTEGER NOT NULL,
    unnamed INTEGER NOT NULL DEFAULT 0 CHECK (unnamed IN (0, 1))
) STRICT;
INSERT INTO old_inboxes (id, external_id, name, channel_type, archived_at, created_at, unnamed)
    SELECT id, CASE WHEN connection_id IS NULL THEN external_id END, name, channel_type, archived_at, created_at, unnamed
    FROM inboxes;
DROP TABLE inboxes;
ALTER TABLE old_inboxes RENAME TO inboxes;
DROP TABLE chatwoot_wrong_keys;
DROP TABLE chatwoot_unknown_events;
DROP TABLE chatwoot_refusals;
DROP TABLE chatwoot_connections;
