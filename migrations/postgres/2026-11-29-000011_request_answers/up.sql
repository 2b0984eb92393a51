-- What came of calls of the management API with an Idempotency-Key. `made` is what the operation made; it is stored in the
-- transaction of the operation. The answer follows when it is rendered; `secret` is sealed and deleted after ten minutes.
CREATE TABLE request_answers (
    key_hash BYTEA PRIMARY KEY NOT NULL,
    request_hash BYTEA NOT NULL,
    made TEXT NOT NULL,
    secret TEXT,
    token_id BIGINT,
    answer TEXT,
    created_at BIGINT NOT NULL
);
CREATE INDEX request_answers_age ON request_answers (created_at);
CREATE INDEX request_answers_secret ON request_answers (created_at) WHERE secret IS NOT NULL;
