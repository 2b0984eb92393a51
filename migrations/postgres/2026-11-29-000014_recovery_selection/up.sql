-- What a recovery selects beside its webhook, event and inbox, and how many deliveries it left out because they had been sent again.
ALTER TABLE recoveries ADD COLUMN skipped INTEGER NOT NULL DEFAULT 0;
ALTER TABLE recoveries ADD COLUMN delivery_status TEXT NOT NULL DEFAULT 'failed';
ALTER TABLE recoveries ADD COLUMN cause TEXT;
ALTER TABLE recoveries ADD COLUMN finished_from BIGINT;
ALTER TABLE recoveries ADD COLUMN finished_to BIGINT;
ALTER TABLE recoveries ADD COLUMN again BOOLEAN NOT NULL DEFAULT FALSE;
-- With the status, so that what became of the deliveries of a recovery is counted in the index.
DROP INDEX deliveries_recovery;
CREATE INDEX deliveries_recovery ON deliveries (recovery_id, status) WHERE recovery_id IS NOT NULL;
-- With the end, so that a time that bounds it is compared in the index.
DROP INDEX deliveries_failed;
CREATE INDEX deliveries_failed ON deliveries (id, webhook_id, event, inbox_id, finished_at) WHERE status = 'failed';
