-- Who did what, when, from where. `docs/AUDIT.md` has the format of the hash.
--
-- No column refers to another table: an entry outlives the member and the job that it is about.
CREATE TABLE audit_log (
    -- From 1 without a gap.
    seq INTEGER PRIMARY KEY CHECK (seq > 0),
    at INTEGER NOT NULL,
    actor TEXT NOT NULL CHECK (actor IN ('member', 'system', 'operator', 'anonymous')),
    -- Who acted, or whose account was tried, with the address that they had then.
    member_id INTEGER,
    member_email TEXT,
    action TEXT NOT NULL,
    job_id TEXT,
    address TEXT,
    user_agent TEXT,
    -- A JSON object, kept as it was written: the hash is over its bytes.
    details TEXT NOT NULL,
    prev_hash TEXT NOT NULL,
    hash TEXT NOT NULL
) STRICT;

-- SQLite keeps the seq in every index entry, so each of them serves keyset paging.
CREATE INDEX audit_log_by_member ON audit_log (member_email);
CREATE INDEX audit_log_by_action ON audit_log (action);
CREATE INDEX audit_log_by_time ON audit_log (at);

CREATE TRIGGER audit_log_is_not_updated BEFORE UPDATE ON audit_log
BEGIN
    SELECT RAISE(ABORT, 'entries of the audit log can''t be changed');
END;

CREATE TRIGGER audit_log_is_not_deleted BEFORE DELETE ON audit_log
BEGIN
    SELECT RAISE(ABORT, 'entries of the audit log can''t be deleted');
END;

-- Only the next link of the chain is taken; so INSERT OR REPLACE, which deletes without asking the trigger above, finds
-- nothing that it may replace.
CREATE TRIGGER audit_log_is_a_chain BEFORE INSERT ON audit_log
WHEN NEW.seq IS NOT coalesce((SELECT max(seq) FROM audit_log), 0) + 1
    OR NEW.prev_hash IS NOT coalesce(
        (SELECT hash FROM audit_log ORDER BY seq DESC LIMIT 1),
        '0000000000000000000000000000000000000000000000000000000000000000'
    )
BEGIN
    SELECT RAISE(ABORT, 'an entry of the audit log must follow the last one');
END;
