-- Programs that use the Management API, and what signs their tokens.

CREATE TABLE api_clients (
    -- Public identifier.
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    -- Separated by spaces, as in a token.
    scopes TEXT NOT NULL,
    -- SHA-256 of the secret, which has 256 random bits: nothing can be found out from it.
    secret_hash TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    secret_at INTEGER NOT NULL,
    last_token_at INTEGER
) STRICT, WITHOUT ROWID;

-- The newest one signs; the others are there for the tokens that they have signed.
CREATE TABLE signing_keys (
    -- Public name, which a token carries.
    id TEXT PRIMARY KEY,
    -- PKCS #8, sealed with the key of user_secrets.
    sealed BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A link is a member's or a client's, and goes with them. Links live for a minute, so none is lost that anyone would miss.
DROP TABLE download_links;

CREATE TABLE download_links (
    token_hash TEXT PRIMARY KEY,
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    member_id INTEGER REFERENCES members (id) ON DELETE CASCADE,
    client_id TEXT REFERENCES api_clients (id) ON DELETE CASCADE,
    expires_at INTEGER NOT NULL,
    CHECK ((member_id IS NULL) <> (client_id IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX download_links_by_job ON download_links (job_id);

-- As in 0007: a constraint is all that changes. The new tables have other connections read the schema again.
PRAGMA writable_schema = ON;

UPDATE sqlite_schema SET sql = replace(sql, '''anonymous'')', '''anonymous'', ''client'')')
WHERE type = 'table' AND name = 'audit_log';

PRAGMA writable_schema = RESET;
