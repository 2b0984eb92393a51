-- On Postgres: the clock of the database server. A server with a SQLite file uses the clock of its machine.
SELECT 1;
