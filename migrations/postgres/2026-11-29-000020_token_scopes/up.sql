-- A token has one or several scopes, as words with spaces between them. A single word is what older rows have.
ALTER TABLE api_tokens ADD COLUMN scopes TEXT NOT NULL DEFAULT '';
UPDATE api_tokens SET scopes = scope;
ALTER TABLE api_tokens DROP COLUMN scope;
