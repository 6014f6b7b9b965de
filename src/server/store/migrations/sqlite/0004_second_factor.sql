-- A member's authenticator app. While `confirmed_at` is absent, it is being set up and asked for nowhere.
CREATE TABLE second_factors (
    member_id INTEGER PRIMARY KEY REFERENCES members (id) ON DELETE CASCADE,
    -- The secret that the app shares, encrypted.
    sealed_secret BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    confirmed_at INTEGER,
    -- Number of the 30 seconds whose code was accepted last: neither it nor an earlier one works again.
    last_step INTEGER
) STRICT;

-- Hashes of the codes that stand in for the app, each once.
CREATE TABLE recovery_codes (
    code_hash TEXT PRIMARY KEY,
    member_id INTEGER NOT NULL REFERENCES second_factors (member_id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX recovery_codes_by_member ON recovery_codes (member_id);

-- New recovery codes on their way to the page that shows them once, encrypted.
CREATE TABLE unseen_recovery_codes (
    member_id INTEGER PRIMARY KEY REFERENCES second_factors (member_id) ON DELETE CASCADE,
    sealed_codes BLOB NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

-- Browsers whose member gave the right password and has yet to give a code.
CREATE TABLE pending_sign_ins (
    id_hash TEXT PRIMARY KEY,
    member_id INTEGER NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX pending_sign_ins_by_member ON pending_sign_ins (member_id);

-- Attempts that failed, by what they are counted for: the hash of an account or of an address.
CREATE TABLE failed_attempts (
    key_hash TEXT PRIMARY KEY,
    failures INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    -- From then on they no longer count.
    forgotten_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX failed_attempts_by_age ON failed_attempts (last_at);
