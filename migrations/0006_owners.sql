-- Who may see and change everything in the page.
CREATE TABLE owners (
    id BIGINT NOT NULL PRIMARY KEY,
    -- In lower case.
    email TEXT NOT NULL UNIQUE,
    -- Argon2id, as a PHC string; none before the first set-up link was used.
    password TEXT,
    -- "en" or "es"; none: as the browser asks.
    language TEXT
);

-- One-time links. A used one is kept until it would have expired, so that the page can say that it was used.
CREATE TABLE set_up_links (
    -- SHA-256 of the secret in the link, lower-case hex.
    hash TEXT NOT NULL PRIMARY KEY,
    owner_id BIGINT NOT NULL REFERENCES owners (id) ON DELETE CASCADE,
    expires_ms BIGINT NOT NULL,
    used_ms BIGINT
);

-- Browsers that are signed in.
CREATE TABLE sign_ins (
    -- SHA-256 of the secret in the cookie, lower-case hex.
    hash TEXT NOT NULL PRIMARY KEY,
    owner_id BIGINT NOT NULL REFERENCES owners (id) ON DELETE CASCADE,
    began_ms BIGINT NOT NULL,
    -- To within some minutes.
    seen_ms BIGINT NOT NULL
);
CREATE INDEX sign_ins_by_owner ON sign_ins (owner_id);
