-- A response of 300 to 399 is a success; it is not followed.
ALTER TABLE webhooks ADD COLUMN redirect_is_success BOOLEAN NOT NULL DEFAULT FALSE;
