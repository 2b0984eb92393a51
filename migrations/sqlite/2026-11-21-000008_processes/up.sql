-- When a webhook came back after an outage or was turned on: every process calls it slowly at first.
ALTER TABLE webhooks ADD COLUMN returned_at INTEGER;
