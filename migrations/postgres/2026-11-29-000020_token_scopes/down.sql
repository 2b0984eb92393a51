-- A token that has only new scopes is deleted: an older version knows no scope that allows as little.
DELETE FROM api_tokens WHERE scopes NOT LIKE '%ingest%' AND scopes NOT LIKE '%read%' AND scopes NOT LIKE '%admin%';
ALTER TABLE api_tokens ADD COLUMN scope TEXT NOT NULL DEFAULT 'ingest' CHECK (scope IN ('ingest', 'read', 'admin'));
UPDATE api_tokens SET scope = CASE
    WHEN scopes LIKE '%admin%' THEN 'admin' WHEN scopes LIKE '%read%' THEN 'read' ELSE 'ingest' END;
ALTER TABLE api_tokens DROP COLUMN scopes;
