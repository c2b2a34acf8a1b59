-- "owner": may change everything. "staff": answers, claims, notes.
ALTER TABLE owners ADD COLUMN role TEXT NOT NULL DEFAULT 'owner';
-- Their own phone, which they may say of that it is off. No foreign key: an import writes all of a shop's phones anew.
ALTER TABLE owners ADD COLUMN phone_id BIGINT;

-- Tablets that show the live call and nothing else, without a password.
CREATE TABLE counter_screens (
    id BIGINT NOT NULL PRIMARY KEY,
    shop_id BIGINT NOT NULL REFERENCES shops (id) ON DELETE CASCADE,
    -- SHA-256 of the secret in the link that pairs one, lower-case hex; NULL once it was used.
    pairing TEXT UNIQUE,
    pairing_expires_ms BIGINT NOT NULL,
    -- SHA-256 of the secret in the tablet's cookie, lower-case hex; NULL before it was paired.
    hash TEXT UNIQUE,
    paired_ms BIGINT,
    -- To within some minutes.
    seen_ms BIGINT
);
