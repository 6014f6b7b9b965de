-- From here on the database itself takes nothing but JSON where JSON belongs, so that exports can copy it as it stands.
--
-- A constraint changes nothing of what is stored, and for such changes SQLite's manual has this procedure in place of a copy of the
-- whole table (https://www.sqlite.org/lang_altertable.html#otheralter).
PRAGMA writable_schema = ON;

UPDATE sqlite_schema SET sql =
    replace(replace(replace(replace(sql,
        'multifactor TEXT,', 'multifactor TEXT CHECK (multifactor IS NULL OR json_valid(multifactor)),'),
        'identities TEXT,', 'identities TEXT CHECK (identities IS NULL OR json_valid(identities)),'),
        'user_metadata TEXT,', 'user_metadata TEXT CHECK (user_metadata IS NULL OR json_valid(user_metadata)),'),
        'app_metadata TEXT' || char(10), 'app_metadata TEXT CHECK (app_metadata IS NULL OR json_valid(app_metadata))' || char(10))
WHERE type = 'table' AND name = 'users';

PRAGMA writable_schema = RESET;

-- When the worker reported how far it had come. Any such statement has every connection read the schema again, constraints and all.
ALTER TABLE jobs ADD COLUMN reported_at INTEGER;
