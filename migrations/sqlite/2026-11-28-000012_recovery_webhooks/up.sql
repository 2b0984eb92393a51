-- The progress of a recovery for each webhook: one that is off or dead does not hold up the others. `next_id` is the id of
-- the delivery from which the next step looks; the part has ended when it is `last_id` of the recovery.
CREATE TABLE recovery_webhooks (
    recovery_id INTEGER NOT NULL REFERENCES recoveries (id),
    webhook_id INTEGER NOT NULL REFERENCES webhooks (id),
    next_id INTEGER NOT NULL,
    total INTEGER NOT NULL,
    sent INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (recovery_id, webhook_id)
) STRICT, WITHOUT ROWID;
-- Recoveries that are running continue.
INSERT INTO recovery_webhooks (recovery_id, webhook_id, next_id, total, sent)
SELECT r.id, d.webhook_id, r.first_id, CAST(COUNT(*) AS INTEGER), 0 FROM recoveries AS r
JOIN deliveries AS d ON d.id >= r.first_id AND d.id < r.last_id
WHERE r.ended_at IS NULL AND d.status = 'failed' AND d.reason IN ('exhausted', 'expired', 'poison') AND d.origin <> 'test'
    AND (r.webhook_id IS NULL OR d.webhook_id = r.webhook_id) AND (r.event IS NULL OR d.event = r.event)
    AND (r.inbox_id IS NULL OR d.inbox_id = r.inbox_id)
GROUP BY r.id, d.webhook_id, r.first_id;
