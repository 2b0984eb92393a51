ALTER TABLE attempts ADD FOREIGN KEY (delivery_id) REFERENCES deliveries (id);
ALTER TABLE deliveries ADD FOREIGN KEY (webhook_id) REFERENCES webhooks (id);
ALTER TABLE deliveries ADD FOREIGN KEY (event_id) REFERENCES events (id);
ALTER TABLE events ADD FOREIGN KEY (inbox_id) REFERENCES inboxes (id);
DROP TABLE routing;
