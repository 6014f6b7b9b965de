-- Grows whenever a user of the connection is changed or deleted, but not when users are added, who come after all others in the
-- store's order. An export that was interrupted can go on if it has not grown: the users it began with are still the same.
ALTER TABLE connections ADD COLUMN users_changes INTEGER NOT NULL DEFAULT 0;

CREATE TRIGGER users_deleted_changes AFTER DELETE ON users BEGIN
    UPDATE connections SET users_changes = users_changes + 1 WHERE seq = old.connection_seq;
END;

CREATE TRIGGER users_updated_changes AFTER UPDATE ON users BEGIN
    UPDATE connections SET users_changes = users_changes + 1 WHERE seq IN (old.connection_seq, new.connection_seq);
END;

-- Where an interrupted export can go on (JSON), and the lease whose file that is about.
ALTER TABLE jobs ADD COLUMN checkpoint TEXT;
ALTER TABLE jobs ADD COLUMN checkpoint_token INTEGER;

-- How the last attempt began (JSON): from the start and why, or behind how many users.
ALTER TABLE jobs ADD COLUMN beginning TEXT;
