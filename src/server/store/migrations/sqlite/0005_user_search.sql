-- The words of each user that the page Users searches, in lower case, with the user's seq as rowid. Only the index is kept,
-- not the words. The words are made in Rust, so the users of before are added by the program when it opens the file.
--
-- `ascii` parts words at ASCII punctuation and leaves everything else alone: the words come already parted. The index of
-- first letters is what keeps a search for one letter as fast as any other.
CREATE VIRTUAL TABLE user_search USING fts5 (
    name, email, username, user_id, phone_number,
    -- The connection's seq as text, so that few users among millions are found in the index alone.
    connection,
    content = '', contentless_delete = 1, tokenize = 'ascii', prefix = '1'
);

-- How many users each connection has, so that nobody counts millions to show a total. Whoever adds users also adds to it, in
-- the same transaction; a trigger for each user added would take a third of an import's time.
ALTER TABLE connections ADD COLUMN users INTEGER NOT NULL DEFAULT 0;

UPDATE connections SET users = (SELECT count(*) FROM users WHERE users.connection_seq = connections.seq);

-- Users are deleted by no bulk statement, so here a trigger is good enough.
CREATE TRIGGER users_deleted AFTER DELETE ON users BEGIN
    UPDATE connections SET users = users - 1 WHERE seq = old.connection_seq;
    DELETE FROM user_search WHERE rowid = old.seq;
END;
