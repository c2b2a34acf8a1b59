-- One text for SQLite and PostgreSQL: TEXT and BIGINT only. Times are milliseconds since 1970 (…_ms), or the shop's own
-- wall clock as YYYY-MM-DDTHH:MM (…_local). Yes and no are 1 and 0. Ids come from the counter `last_id` below, so that
-- none is ever used twice: a phone's id outlives the phone in a running service.

-- plan_version: raised by every write of the owner's settings. alive_ms: when the service last said that it lives.
CREATE TABLE settings (
    name TEXT NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO settings (name, value) VALUES ('plan_version', 0), ('last_id', 0), ('alive_ms', 0);

CREATE TABLE shops (
    id BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    time_zone TEXT NOT NULL,
    country TEXT NOT NULL,
    language TEXT NOT NULL,
    hours TEXT,
    give_up_after_s BIGINT NOT NULL,
    -- One address a line.
    notify TEXT NOT NULL,
    -- "open" or "closed", until when; both or neither.
    override_state TEXT,
    override_until_ms BIGINT
);

CREATE TABLE shop_numbers (
    number TEXT NOT NULL PRIMARY KEY,
    shop_id BIGINT NOT NULL REFERENCES shops (id) ON DELETE CASCADE,
    position BIGINT NOT NULL
);

CREATE TABLE phones (
    id BIGINT NOT NULL PRIMARY KEY,
    shop_id BIGINT NOT NULL REFERENCES shops (id) ON DELETE CASCADE,
    position BIGINT NOT NULL,
    name TEXT NOT NULL,
    -- "registers": line is its user. "fixed": its SIP address. "cell": its number.
    kind TEXT NOT NULL,
    line TEXT NOT NULL,
    ha1 TEXT,
    after_s BIGINT NOT NULL,
    hours TEXT,
    off_until_ms BIGINT,
    UNIQUE (shop_id, name)
);

CREATE TABLE closures (
    id BIGINT NOT NULL PRIMARY KEY,
    shop_id BIGINT NOT NULL REFERENCES shops (id) ON DELETE CASCADE,
    from_local TEXT NOT NULL,
    to_local TEXT NOT NULL,
    why TEXT NOT NULL,
    open_hours TEXT
);

CREATE TABLE contacts (
    shop_id BIGINT NOT NULL REFERENCES shops (id) ON DELETE CASCADE,
    number TEXT NOT NULL,
    name TEXT NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (shop_id, number)
);

CREATE TABLE blocks (
    shop_id BIGINT NOT NULL REFERENCES shops (id) ON DELETE CASCADE,
    number TEXT NOT NULL,
    PRIMARY KEY (shop_id, number)
);

-- The log outlives the shop it is about: no foreign keys from here on.
CREATE TABLE calls (
    id TEXT NOT NULL PRIMARY KEY,
    call_key TEXT NOT NULL UNIQUE,
    shop_id BIGINT,
    direction TEXT NOT NULL,
    caller TEXT,
    caller_raw TEXT NOT NULL,
    caller_display TEXT NOT NULL,
    withheld BIGINT NOT NULL,
    called TEXT NOT NULL,
    door TEXT NOT NULL,
    started_ms BIGINT NOT NULL,
    answered_ms BIGINT,
    ended_ms BIGINT,
    disposition TEXT,
    because TEXT NOT NULL,
    because_at_ms BIGINT,
    because_why TEXT NOT NULL,
    ended_by TEXT,
    answered_by TEXT,
    nth_call BIGINT NOT NULL
);
CREATE INDEX calls_by_time ON calls (started_ms, id);
-- Few at any time: what a crash left open is found at once.
CREATE INDEX calls_open ON calls (id) WHERE ended_ms IS NULL;
CREATE INDEX calls_by_caller ON calls (caller, shop_id, started_ms);

CREATE TABLE call_events (
    call_id TEXT NOT NULL,
    seq BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    kind TEXT NOT NULL,
    phone TEXT,
    detail TEXT NOT NULL,
    PRIMARY KEY (call_id, seq)
);

CREATE TABLE tokens (
    name TEXT NOT NULL PRIMARY KEY,
    -- SHA-256 of the token, lower-case hex.
    hash TEXT NOT NULL
);
