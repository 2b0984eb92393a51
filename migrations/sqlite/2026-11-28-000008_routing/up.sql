-- One row. Its version grows with each change of a webhook's events or inboxes: processes that keep the routes of events in
-- memory compare it.
CREATE TABLE routing (
    id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
    version INTEGER NOT NULL
) STRICT;
INSERT INTO routing (id, version) VALUES (1, 1);
