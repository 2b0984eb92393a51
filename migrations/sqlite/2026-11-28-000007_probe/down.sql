ALTER TABLE webhooks DROP COLUMN probe_lease;
