-- While a webhook fails it is probed: one delivery at a time, not before probe_at.
ALTER TABLE webhooks ADD COLUMN probe_at INTEGER;
ALTER TABLE webhooks ADD COLUMN probe_wait_ms INTEGER NOT NULL DEFAULT 0;
-- When a delivery was first given up in the unbroken streak of failures.
ALTER TABLE webhooks ADD COLUMN exhausted_at INTEGER;

-- Attempts in a row that ended with their process.
ALTER TABLE deliveries ADD COLUMN interruptions INTEGER NOT NULL DEFAULT 0;
-- First attempts go before retries; those born leased never enter this index.
CREATE INDEX deliveries_first ON deliveries (webhook_id, next_attempt_at) WHERE status = 'pending' AND attempts = 0;

-- "Send again everything that failed since …": where it stands, so that it goes on after a restart.
CREATE TABLE recoveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    webhook_id INTEGER REFERENCES webhooks (id),
    event TEXT,
    inbox_id INTEGER,
    first_id INTEGER NOT NULL,
    last_id INTEGER NOT NULL,
    total INTEGER NOT NULL,
    sent INTEGER NOT NULL DEFAULT 0,
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    cancelled INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX recoveries_open ON recoveries (id) WHERE ended_at IS NULL;
ALTER TABLE deliveries ADD COLUMN recovery_id INTEGER;
CREATE INDEX deliveries_recovery ON deliveries (recovery_id) WHERE recovery_id IS NOT NULL;
-- What is on its way, ended or not.
CREATE INDEX deliveries_leased ON deliveries (leased_until) WHERE leased_until IS NOT NULL;
