-- How far an import has come (JSON): written in the transaction that writes the users, so the next attempt goes on there.
ALTER TABLE jobs ADD COLUMN import_progress TEXT;

-- The users of a file who were not imported, and why.
CREATE TABLE import_failures (
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    -- Which user of the file it is, from 1 on.
    number INTEGER NOT NULL,
    line INTEGER NOT NULL,
    -- The user as JSON on one line, without secrets; absent: what stands in the file is no JSON object.
    user_json TEXT,
    -- JSON array of objects with code, message and path.
    errors TEXT NOT NULL CHECK (json_valid(errors)),
    PRIMARY KEY (job_id, number)
) STRICT, WITHOUT ROWID;

-- The same once for each code, so that those of a code are paged by keyset.
CREATE TABLE import_failure_codes (
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    code TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (job_id, code, number)
) STRICT, WITHOUT ROWID;

-- Which users an import with upsert has added or changed, as long as it runs: another one of the same file with the same
-- e-mail address is an error, also after a kill.
CREATE TABLE import_users (
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    user_seq INTEGER NOT NULL,
    PRIMARY KEY (job_id, user_seq)
) STRICT, WITHOUT ROWID;
