DROP INDEX deliveries_first;
DROP INDEX deliveries_retry;
CREATE INDEX deliveries_first ON deliveries (webhook_id, next_attempt_at) WHERE status = 'pending' AND attempts = 0;
CREATE INDEX deliveries_retry ON deliveries (webhook_id, next_attempt_at)
    WHERE status = 'pending' AND attempts > 0 AND leased_until IS NULL;
ALTER TABLE attempts ADD FOREIGN KEY (delivery_id) REFERENCES deliveries (id);
ALTER TABLE deliveries ADD FOREIGN KEY (webhook_id) REFERENCES webhooks (id);
ALTER TABLE deliveries ADD FOREIGN KEY (event_id) REFERENCES events (id);
ALTER TABLE events ADD FOREIGN KEY (inbox_id) REFERENCES inboxes (id);
DROP TABLE routing;
