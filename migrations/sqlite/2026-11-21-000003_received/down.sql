DROP INDEX events_unmatched;
ALTER TABLE events DROP COLUMN unmatched;
