-- What ended in each hour since the Unix epoch (UTC), by webhook; webhook 0 is all of them together. Counted in the
-- transaction that ends a delivery. No tests, and nothing that somebody ended.
CREATE TABLE webhook_hours (
    webhook_id BIGINT NOT NULL,
    hour BIGINT NOT NULL,
    delivered BIGINT NOT NULL,
    failed BIGINT NOT NULL,
    PRIMARY KEY (webhook_id, hour)
);
CREATE INDEX webhook_hours_age ON webhook_hours (hour);

INSERT INTO webhook_hours (webhook_id, hour, delivered, failed)
SELECT webhook_id, finished_at / 3600000000,
    SUM(CASE status WHEN 'success' THEN 1 ELSE 0 END), SUM(CASE status WHEN 'failed' THEN 1 ELSE 0 END)
FROM deliveries
WHERE finished_at IS NOT NULL AND origin <> 'test' AND COALESCE(reason, '') NOT IN ('cancelled', 'webhook_deleted')
GROUP BY 1, 2;
INSERT INTO webhook_hours (webhook_id, hour, delivered, failed)
SELECT 0, hour, SUM(delivered), SUM(failed) FROM webhook_hours GROUP BY hour;
