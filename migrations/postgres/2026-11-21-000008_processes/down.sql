DROP TABLE duties;
ALTER TABLE webhooks DROP COLUMN returned_at;
