ALTER TABLE webhooks DROP COLUMN returned_at;
