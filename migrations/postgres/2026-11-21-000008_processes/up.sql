-- When a webhook came back after an outage or was turned on: every process calls it slowly at first.
ALTER TABLE webhooks ADD COLUMN returned_at BIGINT;
-- Work that one process of several does, who does it, and until when nobody else may.
CREATE TABLE duties (
    name TEXT PRIMARY KEY NOT NULL,
    holder BIGINT NOT NULL,
    held_until BIGINT NOT NULL
);
-- Deliveries that are to be sent alone, of which there are hardly any among all that wait.
CREATE INDEX deliveries_suspect ON deliveries (id) WHERE status = 'pending' AND interruptions >= 3;
