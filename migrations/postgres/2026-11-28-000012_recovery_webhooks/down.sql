DROP TABLE recovery_webhooks;
