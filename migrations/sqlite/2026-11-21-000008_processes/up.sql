-- When a webhook came back after an outage or was turned on: every process calls it slowly at first.
ALTER TABLE webhooks ADD COLUMN returned_at INTEGER;
-- Deliveries that are to be sent alone, of which there are hardly any among all that wait.
CREATE INDEX deliveries_suspect ON deliveries (id) WHERE status = 'pending' AND interruptions >= 3;
