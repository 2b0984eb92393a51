-- What a claim of retries looks through: without it, every first attempt that waits.
CREATE INDEX deliveries_retry ON deliveries (webhook_id, next_attempt_at)
    WHERE status = 'pending' AND attempts > 0 AND leased_until IS NULL;
