-- Light or dark; nothing follows the person's system.
ALTER TABLE users ADD COLUMN theme TEXT CHECK (theme IN ('light', 'dark'));

-- One-time links: to an account of one's own, or to a new password for the account of user_id.
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
