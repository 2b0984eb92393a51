-- Tries to enter a password that failed or have not ended: a row each, kept for 15 minutes. Ids grow, so
-- the oldest rows are those with the smallest ids. The account is a keyed hash: people also type their
-- password into the field of the account.
CREATE TABLE sign_in_failures (
    id INTEGER PRIMARY KEY NOT NULL,
    address TEXT NOT NULL,
    account BLOB NOT NULL,
    failed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sign_in_failures_address ON sign_in_failures (address, failed_at);

-- Which account has signed in from which address lately. Both in one keyed hash.
CREATE TABLE known_sign_ins (
    pair BLOB PRIMARY KEY NOT NULL,
    signed_in_at INTEGER NOT NULL
) STRICT;
CREATE INDEX known_sign_ins_age ON known_sign_ins (signed_in_at);
