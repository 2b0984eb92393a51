ALTER TABLE webhooks DROP COLUMN backlog_full_since;
