-- Failed attempts in each hour, of deliveries that are still open too. Hours before this migration have none.
ALTER TABLE webhook_hours ADD COLUMN failed_attempts BIGINT NOT NULL DEFAULT 0;
