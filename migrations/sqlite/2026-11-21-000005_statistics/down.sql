DROP TABLE webhook_hours;
