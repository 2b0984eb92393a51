DROP INDEX deliveries_suspect;
ALTER TABLE webhooks DROP COLUMN returned_at;
