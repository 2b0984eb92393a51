-- A response of 300 to 399 is a success; it is not followed.
ALTER TABLE webhooks ADD COLUMN redirect_is_success INTEGER NOT NULL DEFAULT 0 CHECK (redirect_is_success IN (0, 1));
