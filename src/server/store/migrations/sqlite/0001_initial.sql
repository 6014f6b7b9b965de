-- Times are milliseconds since 1970-01-01T00:00:00Z; booleans are 0 or 1. STRICT makes SQLite check the types.

CREATE TABLE connections (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL UNIQUE,
    strategy TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- `seq` is the store's own order: exports and pages follow it.
CREATE TABLE users (
    seq INTEGER PRIMARY KEY,
    connection_seq INTEGER NOT NULL REFERENCES connections (seq),
    user_id TEXT NOT NULL,
    email TEXT,
    email_verified INTEGER NOT NULL CHECK (email_verified IN (0, 1)),
    username TEXT,
    phone_number TEXT,
    phone_verified INTEGER NOT NULL CHECK (phone_verified IN (0, 1)),
    name TEXT,
    given_name TEXT,
    family_name TEXT,
    nickname TEXT,
    picture TEXT,
    blocked INTEGER NOT NULL CHECK (blocked IN (0, 1)),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    last_login INTEGER,
    last_ip TEXT,
    last_password_reset INTEGER,
    logins_count INTEGER,
    multifactor TEXT,
    multifactor_last_modified INTEGER,
    -- The whole array as it was restored; absent: one identity, made of the connection and the user_id.
    identities TEXT,
    user_metadata TEXT,
    app_metadata TEXT
) STRICT;

CREATE UNIQUE INDEX users_by_user_id ON users (user_id);
-- A connection's users in the store's order: SQLite keeps the seq in every index entry.
CREATE INDEX users_by_connection ON users (connection_seq);
CREATE UNIQUE INDEX users_by_email ON users (connection_seq, email) WHERE email IS NOT NULL;
CREATE UNIQUE INDEX users_by_username ON users (connection_seq, username) WHERE username IS NOT NULL;
CREATE UNIQUE INDEX users_by_phone_number ON users (connection_seq, phone_number) WHERE phone_number IS NOT NULL;

-- Password hashes and second factors, apart from the profile and encrypted: no export reads this table.
CREATE TABLE user_secrets (
    user_seq INTEGER PRIMARY KEY REFERENCES users (seq) ON DELETE CASCADE,
    sealed BLOB NOT NULL
) STRICT;

CREATE TABLE members (
    id INTEGER PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE sessions (
    id_hash TEXT PRIMARY KEY,
    member_id INTEGER NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_by_member ON sessions (member_id);

-- A link that works once, such as the one that sets up the first Admin.
CREATE TABLE one_time_tokens (
    token_hash TEXT PRIMARY KEY,
    purpose TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A row is the product's job and the queue's entry, so that neither can be there without the other.
CREATE TABLE jobs (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    status TEXT NOT NULL,
    -- Which workers take it: 'sample' jobs have workers of their own, so that they never wait behind 'bulk' ones.
    lane TEXT NOT NULL,
    connection_seq INTEGER REFERENCES connections (seq),
    request TEXT NOT NULL,
    file_name TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    started_at INTEGER,
    finished_at INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0,
    -- Grows with every lease; a write that carries an older one is refused.
    fencing_token INTEGER NOT NULL DEFAULT 0,
    lease_expires_at INTEGER,
    rows_written INTEGER NOT NULL DEFAULT 0,
    expected_rows INTEGER,
    bytes_written INTEGER NOT NULL DEFAULT 0,
    file_key TEXT,
    sha256 TEXT,
    status_details TEXT
) STRICT;

CREATE INDEX jobs_by_queue ON jobs (lane, created_at) WHERE status IN ('pending', 'processing');
CREATE INDEX jobs_by_age ON jobs (created_at, id);

CREATE TABLE download_links (
    token_hash TEXT PRIMARY KEY,
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    member_id INTEGER NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX download_links_by_job ON download_links (job_id);
