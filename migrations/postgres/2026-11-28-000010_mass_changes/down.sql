ALTER TABLE webhooks DROP COLUMN settle_before;
ALTER TABLE webhooks DROP COLUMN settle;
