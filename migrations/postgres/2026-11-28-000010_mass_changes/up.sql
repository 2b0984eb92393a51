-- A webhook is being turned on, and its held deliveries, those with smaller ids than `settle_before`, are first made due
-- ('send') or cancelled ('discard'), 500 in each transaction. Until then `enabled` is false.
ALTER TABLE webhooks ADD COLUMN settle TEXT;
ALTER TABLE webhooks ADD COLUMN settle_before BIGINT;
