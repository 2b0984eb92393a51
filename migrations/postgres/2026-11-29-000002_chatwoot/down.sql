-- Of inboxes with the same external id only the one of posted events keeps it.
DROP INDEX inboxes_connected;
DROP INDEX inboxes_posted;
UPDATE inboxes SET external_id = NULL WHERE connection_id IS NOT NULL;
ALTER TABLE inboxes ADD CONSTRAINT inboxes_external_id_key UNIQUE (external_id);
ALTER TABLE inboxes DROP COLUMN source_name;
ALTER TABLE inboxes DROP COLUMN connection_id;
DROP TABLE chatwoot_wrong_keys;
DROP TABLE chatwoot_unknown_events;
DROP TABLE chatwoot_refusals;
DROP TABLE chatwoot_connections;
