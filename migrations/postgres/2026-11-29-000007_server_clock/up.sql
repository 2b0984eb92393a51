-- One row. How often the clock of the database server was set, and by how many microseconds in sum, as far as stored times
-- follow; and the latest time that a process noted.
CREATE TABLE server_clock (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    jumps BIGINT NOT NULL,
    jumped_us BIGINT NOT NULL,
    seen_at BIGINT NOT NULL
);
INSERT INTO server_clock (id, jumps, jumped_us, seen_at) VALUES (1, 0, 0, 0);
