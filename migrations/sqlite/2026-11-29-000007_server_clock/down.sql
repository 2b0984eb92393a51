-- SQLite has no partitions: retention deletes rows there, 500 in each transaction. See the migration of Postgres.
SELECT 1;
