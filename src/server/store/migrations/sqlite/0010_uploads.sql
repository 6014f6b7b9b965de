-- Files that come in pieces, to be imported. Each is a file of its id's name until a job takes it over.
CREATE TABLE uploads (
    id TEXT PRIMARY KEY,
    member_id INTEGER NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    -- What it is called where it comes from.
    file_name TEXT NOT NULL,
    length INTEGER NOT NULL,
    -- Bytes from the beginning that are durable.
    received INTEGER NOT NULL DEFAULT 0,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX uploads_by_member ON uploads (member_id);

-- The upload whose file an import reads, for as long as it may still be read.
ALTER TABLE jobs ADD COLUMN upload TEXT;
