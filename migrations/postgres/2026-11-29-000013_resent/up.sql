-- The delivery whose event a delivery sends again. Most have none, so that neither the column nor its index costs them anything.
ALTER TABLE deliveries ADD COLUMN resend_of BIGINT;
UPDATE deliveries SET resend_of = (
    SELECT MAX(old.id) FROM deliveries AS old
    WHERE old.event_id = deliveries.event_id AND old.webhook_id + 0 = deliveries.webhook_id AND old.id + 0 < deliveries.id
) WHERE origin IN ('manual', 'recovery');
CREATE INDEX deliveries_resend ON deliveries (resend_of) WHERE resend_of IS NOT NULL;
-- Reasons that say what happened.
UPDATE deliveries SET reason = 'crashed' WHERE status = 'failed' AND reason = 'poison';
UPDATE deliveries SET reason = 'test_failed' WHERE status = 'failed' AND reason = 'exhausted' AND origin = 'test';
