-- What tells the key that seals secrets from others, so that the database is not used with another one.
CREATE TABLE secrets_key (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    fingerprint TEXT NOT NULL
) STRICT;
