-- Links by which desk phones fetch their settings: one a phone, a newer one takes the older one's place. No foreign key to
-- phones: an import writes all of a shop's anew. Of a phone that is gone a link is worth nothing.
CREATE TABLE provisioning_links (
    phone_id BIGINT NOT NULL PRIMARY KEY,
    -- SHA-256 of the secret in the link, lower-case hex.
    hash TEXT NOT NULL UNIQUE,
    -- The password is made of that secret and of this, 64 hex digits: neither alone gives it away. Empty once the link has
    -- expired: a link that somebody finds in an old log is worth nothing.
    salt TEXT NOT NULL,
    expires_ms BIGINT NOT NULL,
    -- How often the password was given out.
    uses BIGINT NOT NULL,
    -- To whom: the phone's hardware address, twelve hex digits, or "app". Nobody else gets it then.
    taken_by TEXT,
    taken_ms BIGINT
);
