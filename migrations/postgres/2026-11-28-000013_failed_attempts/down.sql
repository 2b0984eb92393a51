ALTER TABLE webhook_hours DROP COLUMN failed_attempts;
