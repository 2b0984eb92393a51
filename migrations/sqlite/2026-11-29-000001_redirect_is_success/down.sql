ALTER TABLE webhooks DROP COLUMN redirect_is_success;
