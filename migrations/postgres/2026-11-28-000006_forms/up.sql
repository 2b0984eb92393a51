-- What came of forms that make or send something, so that a second post gets the first one's answer.
CREATE TABLE form_answers (
    key_hash BYTEA PRIMARY KEY NOT NULL,
    session_hash BYTEA NOT NULL,
    answer TEXT NOT NULL,
    secret TEXT,
    created_at BIGINT NOT NULL
);
CREATE INDEX form_answers_session ON form_answers (session_hash, created_at);
CREATE INDEX form_answers_created ON form_answers (created_at);

-- What was typed into a form whose session had ended, for the same person to find after signing in.
CREATE TABLE kept_forms (
    session_hash BYTEA PRIMARY KEY NOT NULL,
    user_id BIGINT NOT NULL REFERENCES users (id),
    fields TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX kept_forms_user ON kept_forms (user_id, created_at);
CREATE INDEX kept_forms_created ON kept_forms (created_at);
