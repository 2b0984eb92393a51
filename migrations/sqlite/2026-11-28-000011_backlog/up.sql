-- Since when a webhook that is on has had more pending deliveries than `--backlog-per-webhook`.
ALTER TABLE webhooks ADD COLUMN backlog_full_since INTEGER;
