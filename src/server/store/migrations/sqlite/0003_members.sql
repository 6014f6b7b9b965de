-- Members can be disabled, people can be invited, and a session tells where it was begun.

ALTER TABLE members ADD COLUMN disabled_at INTEGER;
-- When one of their sessions was last used, to the minute or so; kept when the session is gone.
ALTER TABLE members ADD COLUMN last_active_at INTEGER;

UPDATE members SET last_active_at = (SELECT max(last_seen_at) FROM sessions WHERE member_id = members.id);

-- `created_at` is the moment of the sign-in: a session ends a fixed time after it, however much it is used.
ALTER TABLE sessions ADD COLUMN address TEXT;
ALTER TABLE sessions ADD COLUMN user_agent TEXT;

-- Open invitations: one that was accepted or revoked is deleted. An e-mail address has at most one.
CREATE TABLE invitations (
    email TEXT PRIMARY KEY,
    token_hash TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL,
    invited_by INTEGER NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX invitations_by_member ON invitations (invited_by);
