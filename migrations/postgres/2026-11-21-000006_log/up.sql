-- What waits, newest first: rare among a million rows, and far from the newest when a webhook was off for days.
CREATE INDEX deliveries_pending ON deliveries (id) WHERE status = 'pending';
