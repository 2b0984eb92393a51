ALTER TABLE sessions DROP COLUMN form_token_hash;
ALTER TABLE sessions DROP COLUMN ended_at;
