-- What people write, folded (lower case, accents off), so that it is found as it is typed. Filled by the program: it folds,
-- no database does. Rows of before have none yet, which is NULL.
ALTER TABLE contacts ADD COLUMN name_key TEXT;
ALTER TABLE contacts ADD COLUMN note_key TEXT;
-- Who has the same name.
CREATE INDEX contacts_by_name ON contacts (shop_id, name_key);

-- Who does not want to be called back: owed nothing, ever.
CREATE TABLE not_called_back (
    shop_id BIGINT NOT NULL REFERENCES shops (id) ON DELETE CASCADE,
    number TEXT NOT NULL,
    PRIMARY KEY (shop_id, number)
);

-- Numbers of one person: those of the same `person`, which is one of them. A number that stands alone is not here.
CREATE TABLE same_person (
    shop_id BIGINT NOT NULL REFERENCES shops (id) ON DELETE CASCADE,
    number TEXT NOT NULL,
    person TEXT NOT NULL,
    PRIMARY KEY (shop_id, number)
);
CREATE INDEX same_person_by_person ON same_person (shop_id, person);

-- Files of callers that somebody has looked at and not taken in yet; they go when they are, or after a day.
CREATE TABLE caller_files (
    -- SHA-256 of the secret in the form, lower-case hex.
    hash TEXT NOT NULL PRIMARY KEY,
    shop_id BIGINT NOT NULL REFERENCES shops (id) ON DELETE CASCADE,
    made_ms BIGINT NOT NULL,
    -- JSON.
    cards TEXT NOT NULL
);
