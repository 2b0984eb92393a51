CREATE TABLE events_whole (LIKE events INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE);
INSERT INTO events_whole SELECT * FROM events;
DROP TABLE events;
ALTER TABLE events_whole RENAME TO events;
ALTER TABLE events ADD CONSTRAINT events_pkey PRIMARY KEY (id);
CREATE INDEX events_unmatched ON events (id) WHERE unmatched IS NOT NULL;

CREATE TABLE attempts_whole (LIKE attempts INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE);
INSERT INTO attempts_whole SELECT * FROM attempts;
DROP TABLE attempts;
ALTER TABLE attempts_whole RENAME TO attempts;
ALTER TABLE attempts ADD CONSTRAINT attempts_pkey PRIMARY KEY (delivery_id, number);
