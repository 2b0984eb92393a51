ALTER TABLE inboxes DROP COLUMN updated_at;
