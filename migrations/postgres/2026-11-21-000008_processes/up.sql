-- When a webhook came back after an outage or was turned on: every process calls it slowly at first.
ALTER TABLE webhooks ADD COLUMN returned_at BIGINT;
-- Work that one process of several does, who does it, and until when nobody else may.
CREATE TABLE duties (
    name TEXT PRIMARY KEY NOT NULL,
    holder BIGINT NOT NULL,
    held_until BIGINT NOT NULL
);
