DROP INDEX deliveries_leased;
DROP INDEX deliveries_recovery;
ALTER TABLE deliveries DROP COLUMN recovery_id;
DROP TABLE recoveries;
DROP INDEX deliveries_first;
ALTER TABLE deliveries DROP COLUMN interruptions;
ALTER TABLE webhooks DROP COLUMN exhausted_at;
ALTER TABLE webhooks DROP COLUMN probe_wait_ms;
ALTER TABLE webhooks DROP COLUMN probe_at;
