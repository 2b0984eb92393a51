DROP INDEX deliveries_suspect;
DROP TABLE duties;
ALTER TABLE webhooks DROP COLUMN returned_at;
