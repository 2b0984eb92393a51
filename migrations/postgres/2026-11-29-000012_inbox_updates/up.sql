-- `NULL` is an inbox that was not changed since it was added.
ALTER TABLE inboxes ADD COLUMN updated_at BIGINT;
