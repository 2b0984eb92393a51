-- Written by the binary of 0.1.0 (commit b125a64): `sqlite3 hachok.db .dump`.
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE __diesel_schema_migrations (
       version VARCHAR(50) PRIMARY KEY NOT NULL,
       run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
);
INSERT INTO __diesel_schema_migrations VALUES('20261121000001','2026-11-29 12:50:23');
INSERT INTO __diesel_schema_migrations VALUES('20261121000002','2026-11-29 12:50:23');
INSERT INTO __diesel_schema_migrations VALUES('20261121000003','2026-11-29 12:50:23');
INSERT INTO __diesel_schema_migrations VALUES('20261121000004','2026-11-29 12:50:23');
INSERT INTO __diesel_schema_migrations VALUES('20261121000005','2026-11-29 12:50:23');
INSERT INTO __diesel_schema_migrations VALUES('20261121000006','2026-11-29 12:50:23');
INSERT INTO __diesel_schema_migrations VALUES('20261121000007','2026-11-29 12:50:23');
INSERT INTO __diesel_schema_migrations VALUES('20261121000008','2026-11-29 12:50:23');
CREATE TABLE settings (
    name TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
) STRICT;
INSERT INTO settings VALUES('key_check','v1:630dcd29:1/5g6UoK7rFixUN675QvKRu/RUJezfbt:AHsuVzEZ1zrk3iGDl4c9TfpfaFKFBgc+Hg');
CREATE TABLE users (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('admin', 'viewer')),
    language TEXT CHECK (language IN ('en', 'uk')),
    time_zone TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    disabled_at INTEGER,
    created_at INTEGER NOT NULL,
    last_sign_in_at INTEGER
, theme TEXT CHECK (theme IN ('light', 'dark'))) STRICT;
INSERT INTO users VALUES(1,'old@example.com','old@example.com','admin',NULL,'UTC','$argon2id$v=19$m=19456,t=2,p=1$GUlE0wqFMnAOHCQn47WbfQ$6qShsGlsO0+ujzLi0Uu5RE2cF/ovS2a678eQ6omX86Q',NULL,1795956624000093,NULL,NULL);
CREATE TABLE setup_links (
    token_hash BLOB PRIMARY KEY NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
INSERT INTO setup_links VALUES(X'f04e1776a4b9c67549dc5892a5be8a59fef02dcdcfb2569c6fcf77230ca68dca',1795960223941530);
CREATE TABLE sessions (
    key_hash BLOB PRIMARY KEY NOT NULL,
    user_id INTEGER REFERENCES users (id),
    state TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE TABLE api_tokens (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    name TEXT NOT NULL,
    scope TEXT NOT NULL CHECK (scope IN ('ingest', 'read', 'admin')),
    prefix TEXT NOT NULL,
    token_hash BLOB NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    last_used_at INTEGER,
    revoked_at INTEGER
) STRICT;
INSERT INTO api_tokens VALUES(1,'Old','admin','hk_109111',X'd861aada61c19ecc4cfa1ca45ccbfcbfd6372b52d5ff08f832ca3769e4865bb9',1795956624004617,NULL,1795956624009046,NULL);
CREATE TABLE inboxes (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    external_id TEXT UNIQUE,
    name TEXT NOT NULL,
    channel_type TEXT,
    archived_at INTEGER,
    created_at INTEGER NOT NULL
) STRICT;
INSERT INTO inboxes VALUES(1,'7','Сайт',NULL,NULL,1795956624013042);
INSERT INTO inboxes VALUES(2,'8','Inbox 8',NULL,NULL,1795956624022577);
CREATE TABLE webhooks (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    name TEXT,
    url TEXT NOT NULL,
    enabled INTEGER NOT NULL,
    auth_method TEXT NOT NULL CHECK (auth_method IN ('none', 'bearer', 'basic', 'custom')),
    auth_name TEXT NOT NULL,
    auth_secret TEXT,
    auth_saved_at INTEGER,
    all_inboxes INTEGER NOT NULL,
    timeout_s INTEGER NOT NULL,
    secret TEXT NOT NULL,
    secret_created_at INTEGER NOT NULL,
    old_secret TEXT,
    old_secret_until INTEGER,
    failures INTEGER NOT NULL DEFAULT 0,
    failing_since INTEGER,
    paused_until INTEGER,
    disabled_at INTEGER,
    disabled_reason TEXT,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted_at INTEGER
, probe_at INTEGER, probe_wait_ms INTEGER NOT NULL DEFAULT 0, exhausted_at INTEGER, returned_at INTEGER) STRICT;
INSERT INTO webhooks VALUES(1,'CRM','http://127.0.0.1:19100/crm',1,'bearer','','v1:630dcd29:uQdHbS+3b6a0oaR+tv6R/Fw7CKDxT0fb:3X4rECMdpFjodj1ddTLdyIJm8UhENCFWbpE70zM',1795956624009669,1,15,'v1:630dcd29:rXv62L9ibw5pPhJoEKPcW9F+ofPJK8Zm:CoQoTE85KkFnijHZ4La3vyxBIaU0qWvi/JiL5xTS4K9RqFDhWG6BUqVJXwmpzxkXzBQujoq+kEr1ZQ',1795956624009488,NULL,NULL,0,NULL,NULL,NULL,NULL,1,1795956624009488,1795956624009636,NULL,NULL,0,NULL,NULL);
INSERT INTO webhooks VALUES(2,'Склад','http://127.0.0.1:19100/bad',1,'basic','anna','v1:630dcd29:2abXcyyFmLe9vDz+0tSBzstwVcBz3ods:48zGfeTnQNTmDVFqpRetWKabWgODl12kAx5GWQ',1795956624011968,1,15,'v1:630dcd29:qv+oMmlXgdG2O8FGm/aaQ8iHdBZoT1mN:poEDXuCoe0AhjlRP2eAUDam01y8+3gr7cT79PzJnEzLixG1RvITfoFSsJwTUxvxciwYxvlB4XQ5wjB3Odi9jzOqw',1795956624011783,NULL,NULL,5,1795956624016036,NULL,NULL,NULL,1,1795956624011783,1795956624011916,NULL,NULL,0,NULL,NULL);
CREATE TABLE webhook_events (
    webhook_id INTEGER NOT NULL REFERENCES webhooks (id),
    event TEXT NOT NULL,
    PRIMARY KEY (event, webhook_id)
) STRICT, WITHOUT ROWID;
INSERT INTO webhook_events VALUES(1,'conversation_created');
INSERT INTO webhook_events VALUES(1,'message_created');
INSERT INTO webhook_events VALUES(2,'message_created');
CREATE TABLE webhook_inboxes (
    webhook_id INTEGER NOT NULL REFERENCES webhooks (id),
    inbox_id INTEGER NOT NULL REFERENCES inboxes (id),
    PRIMARY KEY (webhook_id, inbox_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE webhook_headers (
    webhook_id INTEGER NOT NULL REFERENCES webhooks (id),
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    value TEXT,
    sealed TEXT,
    saved_at INTEGER,
    PRIMARY KEY (webhook_id, position)
) STRICT, WITHOUT ROWID;
INSERT INTO webhook_headers VALUES(1,0,'x-tenant','shop',NULL,NULL);
CREATE TABLE events (
    id INTEGER PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    inbox_id INTEGER REFERENCES inboxes (id),
    derived_from INTEGER,
    body BLOB NOT NULL,
    created_at INTEGER NOT NULL
, unmatched TEXT) STRICT;
INSERT INTO events VALUES(893418799157420538,'message_created',1,NULL,X'7b226576656e74223a20226d6573736167655f63726561746564222c2022636f6e74656e74223a20224d6573736167652030222c20226d6573736167655f74797065223a2022696e636f6d696e67222c2022696e626f78223a207b226964223a20372c20226e616d65223a20225c75303432315c75303433305c75303433395c7530343432227d7d',1795956624013042,NULL);
INSERT INTO events VALUES(893418799157423428,'message_received',1,893418799157420538,X'7b226576656e74223a20226d6573736167655f7265636569766564222c2022636f6e74656e74223a20224d6573736167652030222c20226d6573736167655f74797065223a2022696e636f6d696e67222c2022696e626f78223a207b226964223a20372c20226e616d65223a20225c75303432315c75303433305c75303433395c7530343432227d7d',1795956624013042,'unsubscribed');
INSERT INTO events VALUES(893418799167685718,'message_created',1,NULL,X'7b226576656e74223a20226d6573736167655f63726561746564222c2022636f6e74656e74223a20224d6573736167652031222c20226d6573736167655f74797065223a2022696e636f6d696e67222c2022696e626f78223a207b226964223a20372c20226e616d65223a20225c75303432315c75303433305c75303433395c7530343432227d7d',1795956624015548,NULL);
INSERT INTO events VALUES(893418799167688404,'message_received',1,893418799167685718,X'7b226576656e74223a20226d6573736167655f7265636569766564222c2022636f6e74656e74223a20224d6573736167652031222c20226d6573736167655f74797065223a2022696e636f6d696e67222c2022696e626f78223a207b226964223a20372c20226e616d65223a20225c75303432315c75303433305c75303433395c7530343432227d7d',1795956624015548,'unsubscribed');
INSERT INTO events VALUES(893418799176750727,'message_created',1,NULL,X'7b226576656e74223a20226d6573736167655f63726561746564222c2022636f6e74656e74223a20224d6573736167652032222c20226d6573736167655f74797065223a2022696e636f6d696e67222c2022696e626f78223a207b226964223a20372c20226e616d65223a20225c75303432315c75303433305c75303433395c7530343432227d7d',1795956624017761,NULL);
INSERT INTO events VALUES(893418799176750730,'message_received',1,893418799176750727,X'7b226576656e74223a20226d6573736167655f7265636569766564222c2022636f6e74656e74223a20224d6573736167652032222c20226d6573736167655f74797065223a2022696e636f6d696e67222c2022696e626f78223a207b226964223a20372c20226e616d65223a20225c75303432315c75303433305c75303433395c7530343432227d7d',1795956624017761,'unsubscribed');
INSERT INTO events VALUES(893418799182782364,'message_created',1,NULL,X'7b226576656e74223a20226d6573736167655f63726561746564222c2022636f6e74656e74223a20224d6573736167652033222c20226d6573736167655f74797065223a2022696e636f6d696e67222c2022696e626f78223a207b226964223a20372c20226e616d65223a20225c75303432315c75303433305c75303433395c7530343432227d7d',1795956624019233,NULL);
INSERT INTO events VALUES(893418799182782367,'message_received',1,893418799182782364,X'7b226576656e74223a20226d6573736167655f7265636569766564222c2022636f6e74656e74223a20224d6573736167652033222c20226d6573736167655f74797065223a2022696e636f6d696e67222c2022696e626f78223a207b226964223a20372c20226e616d65223a20225c75303432315c75303433305c75303433395c7530343432227d7d',1795956624019233,'unsubscribed');
INSERT INTO events VALUES(893418799188216550,'message_created',1,NULL,X'7b226576656e74223a20226d6573736167655f63726561746564222c2022636f6e74656e74223a20224d6573736167652034222c20226d6573736167655f74797065223a2022696e636f6d696e67222c2022696e626f78223a207b226964223a20372c20226e616d65223a20225c75303432315c75303433305c75303433395c7530343432227d7d',1795956624020560,NULL);
INSERT INTO events VALUES(893418799188216994,'message_received',1,893418799188216550,X'7b226576656e74223a20226d6573736167655f7265636569766564222c2022636f6e74656e74223a20224d6573736167652034222c20226d6573736167655f74797065223a2022696e636f6d696e67222c2022696e626f78223a207b226964223a20372c20226e616d65223a20225c75303432315c75303433305c75303433395c7530343432227d7d',1795956624020560,'unsubscribed');
INSERT INTO events VALUES(893418799196476558,'conversation_created',2,NULL,X'7b226576656e74223a2022636f6e766572736174696f6e5f63726561746564222c20226964223a20312c2022696e626f785f6964223a20387d',1795956624022577,NULL);
INSERT INTO events VALUES(893418799202471326,'contact_created',NULL,NULL,X'7b226576656e74223a2022636f6e746163745f63726561746564222c20226964223a20327d',1795956624024040,'unsubscribed');
CREATE TABLE idempotency_keys (
    key TEXT PRIMARY KEY NOT NULL,
    body_hash BLOB NOT NULL,
    event_id INTEGER NOT NULL,
    deliveries INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY NOT NULL,
    event_id INTEGER NOT NULL REFERENCES events (id),
    event TEXT NOT NULL,
    webhook_id INTEGER NOT NULL REFERENCES webhooks (id),
    inbox_id INTEGER,
    status TEXT NOT NULL CHECK (status IN ('pending', 'success', 'failed')),
    reason TEXT,
    origin TEXT NOT NULL CHECK (origin IN ('event', 'manual', 'test', 'recovery')),
    attempts INTEGER NOT NULL,
    steps INTEGER NOT NULL,
    next_attempt_at INTEGER,
    lease INTEGER,
    leased_until INTEGER,
    created_at INTEGER NOT NULL,
    finished_at INTEGER
, interruptions INTEGER NOT NULL DEFAULT 0, recovery_id INTEGER) STRICT;
INSERT INTO deliveries VALUES(893418799157423426,893418799157420538,'message_created',1,1,'success',NULL,'event',1,1,NULL,NULL,NULL,1795956624013042,1795956624014922,0,NULL);
INSERT INTO deliveries VALUES(893418799157423427,893418799157420538,'message_created',2,1,'pending',NULL,'event',1,1,1795956629066016,NULL,NULL,1795956624013042,NULL,0,NULL);
INSERT INTO deliveries VALUES(893418799167686821,893418799167685718,'message_created',1,1,'success',NULL,'event',1,1,NULL,NULL,NULL,1795956624015548,1795956624017943,0,NULL);
INSERT INTO deliveries VALUES(893418799167688403,893418799167685718,'message_created',2,1,'pending',NULL,'event',1,1,1795956629445635,NULL,NULL,1795956624015548,NULL,0,NULL);
INSERT INTO deliveries VALUES(893418799176750728,893418799176750727,'message_created',1,1,'success',NULL,'event',1,1,NULL,NULL,NULL,1795956624017761,1795956624019619,0,NULL);
INSERT INTO deliveries VALUES(893418799176750729,893418799176750727,'message_created',2,1,'pending',NULL,'event',1,1,1795956629249043,NULL,NULL,1795956624017761,NULL,0,NULL);
INSERT INTO deliveries VALUES(893418799182782365,893418799182782364,'message_created',1,1,'success',NULL,'event',1,1,NULL,NULL,NULL,1795956624019233,1795956624020591,0,NULL);
INSERT INTO deliveries VALUES(893418799182782366,893418799182782364,'message_created',2,1,'pending',NULL,'event',1,1,1795956629858333,NULL,NULL,1795956624019233,NULL,0,NULL);
INSERT INTO deliveries VALUES(893418799188216992,893418799188216550,'message_created',1,1,'success',NULL,'event',1,1,NULL,NULL,NULL,1795956624020560,1795956624022131,0,NULL);
INSERT INTO deliveries VALUES(893418799188216993,893418799188216550,'message_created',2,1,'pending',NULL,'event',1,1,1795956628878455,NULL,NULL,1795956624020560,NULL,0,NULL);
INSERT INTO deliveries VALUES(893418799196476946,893418799196476558,'conversation_created',1,2,'success',NULL,'event',1,1,NULL,NULL,NULL,1795956624022577,1795956624024094,0,NULL);
CREATE TABLE attempts (
    delivery_id INTEGER NOT NULL REFERENCES deliveries (id),
    number INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    duration_ms INTEGER,
    outcome TEXT NOT NULL CHECK (outcome IN ('started', 'succeeded', 'failed', 'interrupted')),
    cause TEXT,
    detail TEXT,
    remote_ip TEXT,
    request_headers TEXT NOT NULL,
    status INTEGER,
    response_headers TEXT,
    response_body BLOB,
    truncated INTEGER NOT NULL,
    PRIMARY KEY (delivery_id, number)
) STRICT;
INSERT INTO attempts VALUES(893418799157423426,1,1795956624013820,1,'succeeded',NULL,NULL,'127.0.0.1','[["content-type","application/json"],["user-agent","Hachok/0.1.0"],["webhook-id","evt_0rsgfn87py8ft"],["webhook-timestamp","1795956624"],["webhook-signature","v1,[hidden]"],["x-hachok-event","message_created"],["x-hachok-delivery","dlv_0rsgfn87pyba2"],["x-hachok-attempt","1"],["authorization","Bearer [hidden]"],["x-tenant","shop"]]',204,'[["server","BaseHTTP/0.6 Python/3.11.7"],["date","Sun, 29 Nov 2026 12:50:24 GMT"]]',X'',0);
INSERT INTO attempts VALUES(893418799157423427,1,1795956624013989,1,'failed','http_status',NULL,'127.0.0.1','[["content-type","application/json"],["user-agent","Hachok/0.1.0"],["webhook-id","evt_0rsgfn87py8ft"],["webhook-timestamp","1795956624"],["webhook-signature","v1,[hidden]"],["x-hachok-event","message_created"],["x-hachok-delivery","dlv_0rsgfn87pyba3"],["x-hachok-attempt","1"],["authorization","Basic [hidden]"]]',500,'[["server","BaseHTTP/0.6 Python/3.11.7"],["date","Sun, 29 Nov 2026 12:50:24 GMT"]]',X'',0);
INSERT INTO attempts VALUES(893418799167688403,1,1795956624016430,0,'failed','http_status',NULL,'127.0.0.1','[["content-type","application/json"],["user-agent","Hachok/0.1.0"],["webhook-id","evt_0rsgfn880qh2p"],["webhook-timestamp","1795956624"],["webhook-signature","v1,[hidden]"],["x-hachok-event","message_created"],["x-hachok-delivery","dlv_0rsgfn880qkpk"],["x-hachok-attempt","1"],["authorization","Basic [hidden]"]]',500,'[["server","BaseHTTP/0.6 Python/3.11.7"],["date","Sun, 29 Nov 2026 12:50:24 GMT"]]',X'',0);
INSERT INTO attempts VALUES(893418799167686821,1,1795956624016549,1,'succeeded',NULL,NULL,'127.0.0.1','[["content-type","application/json"],["user-agent","Hachok/0.1.0"],["webhook-id","evt_0rsgfn880qh2p"],["webhook-timestamp","1795956624"],["webhook-signature","v1,[hidden]"],["x-hachok-event","message_created"],["x-hachok-delivery","dlv_0rsgfn880qj55"],["x-hachok-attempt","1"],["authorization","Bearer [hidden]"],["x-tenant","shop"]]',204,'[["server","BaseHTTP/0.6 Python/3.11.7"],["date","Sun, 29 Nov 2026 12:50:24 GMT"]]',X'',0);
INSERT INTO attempts VALUES(893418799176750728,1,1795956624018445,1,'succeeded',NULL,NULL,'127.0.0.1','[["content-type","application/json"],["user-agent","Hachok/0.1.0"],["webhook-id","evt_0rsgfn889c5m7"],["webhook-timestamp","1795956624"],["webhook-signature","v1,[hidden]"],["x-hachok-event","message_created"],["x-hachok-delivery","dlv_0rsgfn889c5m8"],["x-hachok-attempt","1"],["authorization","Bearer [hidden]"],["x-tenant","shop"]]',204,'[["server","BaseHTTP/0.6 Python/3.11.7"],["date","Sun, 29 Nov 2026 12:50:24 GMT"]]',X'',0);
INSERT INTO attempts VALUES(893418799176750729,1,1795956624018335,1,'failed','http_status',NULL,'127.0.0.1','[["content-type","application/json"],["user-agent","Hachok/0.1.0"],["webhook-id","evt_0rsgfn889c5m7"],["webhook-timestamp","1795956624"],["webhook-signature","v1,[hidden]"],["x-hachok-event","message_created"],["x-hachok-delivery","dlv_0rsgfn889c5m9"],["x-hachok-attempt","1"],["authorization","Basic [hidden]"]]',500,'[["server","BaseHTTP/0.6 Python/3.11.7"],["date","Sun, 29 Nov 2026 12:50:24 GMT"]]',X'',0);
INSERT INTO attempts VALUES(893418799182782365,1,1795956624019652,0,'succeeded',NULL,NULL,'127.0.0.1','[["content-type","application/json"],["user-agent","Hachok/0.1.0"],["webhook-id","evt_0rsgfn88f47ww"],["webhook-timestamp","1795956624"],["webhook-signature","v1,[hidden]"],["x-hachok-event","message_created"],["x-hachok-delivery","dlv_0rsgfn88f47wx"],["x-hachok-attempt","1"],["authorization","Bearer [hidden]"],["x-tenant","shop"]]',204,'[["server","BaseHTTP/0.6 Python/3.11.7"],["date","Sun, 29 Nov 2026 12:50:24 GMT"]]',X'',0);
INSERT INTO attempts VALUES(893418799182782366,1,1795956624019713,1,'failed','http_status',NULL,'127.0.0.1','[["content-type","application/json"],["user-agent","Hachok/0.1.0"],["webhook-id","evt_0rsgfn88f47ww"],["webhook-timestamp","1795956624"],["webhook-signature","v1,[hidden]"],["x-hachok-event","message_created"],["x-hachok-delivery","dlv_0rsgfn88f47wy"],["x-hachok-attempt","1"],["authorization","Basic [hidden]"]]',500,'[["server","BaseHTTP/0.6 Python/3.11.7"],["date","Sun, 29 Nov 2026 12:50:24 GMT"]]',X'',0);
INSERT INTO attempts VALUES(893418799188216992,1,1795956624021203,0,'succeeded',NULL,NULL,'127.0.0.1','[["content-type","application/json"],["user-agent","Hachok/0.1.0"],["webhook-id","evt_0rsgfn88ma2q6"],["webhook-timestamp","1795956624"],["webhook-signature","v1,[hidden]"],["x-hachok-event","message_created"],["x-hachok-delivery","dlv_0rsgfn88ma350"],["x-hachok-attempt","1"],["authorization","Bearer [hidden]"],["x-tenant","shop"]]',204,'[["server","BaseHTTP/0.6 Python/3.11.7"],["date","Sun, 29 Nov 2026 12:50:24 GMT"]]',X'',0);
INSERT INTO attempts VALUES(893418799188216993,1,1795956624021231,1,'failed','http_status',NULL,'127.0.0.1','[["content-type","application/json"],["user-agent","Hachok/0.1.0"],["webhook-id","evt_0rsgfn88ma2q6"],["webhook-timestamp","1795956624"],["webhook-signature","v1,[hidden]"],["x-hachok-event","message_created"],["x-hachok-delivery","dlv_0rsgfn88ma351"],["x-hachok-attempt","1"],["authorization","Basic [hidden]"]]',500,'[["server","BaseHTTP/0.6 Python/3.11.7"],["date","Sun, 29 Nov 2026 12:50:24 GMT"]]',X'',0);
INSERT INTO attempts VALUES(893418799196476946,1,1795956624023330,0,'succeeded',NULL,NULL,'127.0.0.1','[["content-type","application/json"],["user-agent","Hachok/0.1.0"],["webhook-id","evt_0rsgfn88w654e"],["webhook-timestamp","1795956624"],["webhook-signature","v1,[hidden]"],["x-hachok-event","conversation_created"],["x-hachok-delivery","dlv_0rsgfn88w65gj"],["x-hachok-attempt","1"],["authorization","Bearer [hidden]"],["x-tenant","shop"]]',204,'[["server","BaseHTTP/0.6 Python/3.11.7"],["date","Sun, 29 Nov 2026 12:50:24 GMT"]]',X'',0);
CREATE TABLE recoveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    webhook_id INTEGER REFERENCES webhooks (id),
    event TEXT,
    inbox_id INTEGER,
    first_id INTEGER NOT NULL,
    last_id INTEGER NOT NULL,
    total INTEGER NOT NULL,
    sent INTEGER NOT NULL DEFAULT 0,
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    cancelled INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE invitations (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    token_hash BLOB NOT NULL UNIQUE,
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('admin', 'viewer')),
    user_id INTEGER REFERENCES users (id),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE TABLE webhook_hours (
    webhook_id INTEGER NOT NULL,
    hour INTEGER NOT NULL,
    delivered INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    PRIMARY KEY (webhook_id, hour)
) STRICT, WITHOUT ROWID;
INSERT INTO webhook_hours VALUES(0,498876,6,0);
INSERT INTO webhook_hours VALUES(1,498876,6,0);
INSERT INTO webhook_hours VALUES(2,498876,0,0);
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('users',1);
INSERT INTO sqlite_sequence VALUES('api_tokens',1);
INSERT INTO sqlite_sequence VALUES('webhooks',2);
INSERT INTO sqlite_sequence VALUES('inboxes',2);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX webhook_events_webhook ON webhook_events (webhook_id);
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);
CREATE INDEX deliveries_due ON deliveries (webhook_id, next_attempt_at) WHERE status = 'pending';
CREATE INDEX deliveries_webhook ON deliveries (webhook_id, id);
CREATE INDEX deliveries_failed ON deliveries (id) WHERE status = 'failed';
CREATE INDEX deliveries_event ON deliveries (event_id);
CREATE INDEX deliveries_first ON deliveries (webhook_id, next_attempt_at) WHERE status = 'pending' AND attempts = 0;
CREATE INDEX recoveries_open ON recoveries (id) WHERE ended_at IS NULL;
CREATE INDEX deliveries_recovery ON deliveries (recovery_id) WHERE recovery_id IS NOT NULL;
CREATE INDEX deliveries_leased ON deliveries (leased_until) WHERE leased_until IS NOT NULL;
CREATE INDEX events_unmatched ON events (id) WHERE unmatched IS NOT NULL;
CREATE INDEX webhook_hours_age ON webhook_hours (hour);
CREATE INDEX deliveries_pending ON deliveries (id) WHERE status = 'pending';
CREATE INDEX deliveries_retry ON deliveries (webhook_id, next_attempt_at)
    WHERE status = 'pending' AND attempts > 0 AND leased_until IS NULL;
CREATE INDEX deliveries_suspect ON deliveries (id) WHERE status = 'pending' AND interruptions >= 3;
COMMIT;
