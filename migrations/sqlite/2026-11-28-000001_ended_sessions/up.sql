-- A session that has ended is kept for a day, so that a form of it that comes late is known as its own.
ALTER TABLE sessions ADD COLUMN ended_at INTEGER;
