-- Times are microseconds since the Unix epoch, UTC. Events and deliveries get their ids from the
-- server: they sort by time and are never given twice, also after a restore.
CREATE TABLE settings (
    name TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE users (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('admin', 'viewer')),
    language TEXT CHECK (language IN ('en', 'uk')),
    time_zone TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    disabled_at INTEGER,
    created_at INTEGER NOT NULL,
    last_sign_in_at INTEGER
) STRICT;

CREATE TABLE setup_links (
    token_hash BLOB PRIMARY KEY NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE TABLE sessions (
    key_hash BLOB PRIMARY KEY NOT NULL,
    user_id INTEGER REFERENCES users (id),
    state TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_user ON sessions (user_id);

CREATE TABLE api_tokens (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    name TEXT NOT NULL,
    scope TEXT NOT NULL CHECK (scope IN ('ingest', 'read', 'admin')),
    prefix TEXT NOT NULL,
    token_hash BLOB NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    last_used_at INTEGER,
    revoked_at INTEGER
) STRICT;

CREATE TABLE inboxes (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    external_id TEXT UNIQUE,
    name TEXT NOT NULL,
    channel_type TEXT,
    archived_at INTEGER,
    created_at INTEGER NOT NULL
) STRICT;

-- A deleted webhook keeps its row, without its secrets: the log goes on naming it.
CREATE TABLE webhooks (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    name TEXT,
    url TEXT NOT NULL,
    enabled INTEGER NOT NULL,
    auth_method TEXT NOT NULL CHECK (auth_method IN ('none', 'bearer', 'basic', 'custom')),
    auth_name TEXT NOT NULL,
    auth_secret TEXT,
    auth_saved_at INTEGER,
    all_inboxes INTEGER NOT NULL,
    timeout_s INTEGER NOT NULL,
    secret TEXT NOT NULL,
    secret_created_at INTEGER NOT NULL,
    old_secret TEXT,
    old_secret_until INTEGER,
    failures INTEGER NOT NULL DEFAULT 0,
    failing_since INTEGER,
    paused_until INTEGER,
    disabled_at INTEGER,
    disabled_reason TEXT,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted_at INTEGER
) STRICT;

CREATE TABLE webhook_events (
    webhook_id INTEGER NOT NULL REFERENCES webhooks (id),
    event TEXT NOT NULL,
    PRIMARY KEY (event, webhook_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX webhook_events_webhook ON webhook_events (webhook_id);

CREATE TABLE webhook_inboxes (
    webhook_id INTEGER NOT NULL REFERENCES webhooks (id),
    inbox_id INTEGER NOT NULL REFERENCES inboxes (id),
    PRIMARY KEY (webhook_id, inbox_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE webhook_headers (
    webhook_id INTEGER NOT NULL REFERENCES webhooks (id),
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    value TEXT,
    sealed TEXT,
    saved_at INTEGER,
    PRIMARY KEY (webhook_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
    id INTEGER PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    inbox_id INTEGER REFERENCES inboxes (id),
    derived_from INTEGER,
    body BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE idempotency_keys (
    key TEXT PRIMARY KEY NOT NULL,
    body_hash BLOB NOT NULL,
    event_id INTEGER NOT NULL,
    deliveries INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);

CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY NOT NULL,
    event_id INTEGER NOT NULL REFERENCES events (id),
    event TEXT NOT NULL,
    webhook_id INTEGER NOT NULL REFERENCES webhooks (id),
    inbox_id INTEGER,
    status TEXT NOT NULL CHECK (status IN ('pending', 'success', 'failed')),
    reason TEXT,
    origin TEXT NOT NULL CHECK (origin IN ('event', 'manual', 'test', 'recovery')),
    attempts INTEGER NOT NULL,
    steps INTEGER NOT NULL,
    next_attempt_at INTEGER,
    lease INTEGER,
    leased_until INTEGER,
    created_at INTEGER NOT NULL,
    finished_at INTEGER
) STRICT;
CREATE INDEX deliveries_due ON deliveries (webhook_id, next_attempt_at) WHERE status = 'pending';
CREATE INDEX deliveries_webhook ON deliveries (webhook_id, id);
CREATE INDEX deliveries_failed ON deliveries (id) WHERE status = 'failed';
CREATE INDEX deliveries_event ON deliveries (event_id);

CREATE TABLE attempts (
    delivery_id INTEGER NOT NULL REFERENCES deliveries (id),
    number INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    duration_ms INTEGER,
    outcome TEXT NOT NULL CHECK (outcome IN ('started', 'succeeded', 'failed', 'interrupted')),
    cause TEXT,
    detail TEXT,
    remote_ip TEXT,
    request_headers TEXT NOT NULL,
    status INTEGER,
    response_headers TEXT,
    response_body BLOB,
    truncated INTEGER NOT NULL,
    PRIMARY KEY (delivery_id, number)
) STRICT;
