-- What was written down of a call after it: what the caller wanted, and what was promised to them. No foreign keys: it
-- is log.

-- wanted: "order", "repair", "hours", "price", "other", "own" (detail: the shop's own word), "not_had" (detail: what),
-- "neighbour" (detail: which), or "unsaid": whoever was asked did not say.
-- promise: "unasked", "nothing" or "made"; which one, says the table below.
CREATE TABLE wrap_ups (
    call_id TEXT NOT NULL PRIMARY KEY,
    shop_id BIGINT NOT NULL,
    wanted TEXT NOT NULL,
    detail TEXT NOT NULL,
    promise TEXT NOT NULL,
    said_by TEXT NOT NULL,
    said_ms BIGINT NOT NULL
);
CREATE INDEX wrap_ups_by_time ON wrap_ups (shop_id, said_ms);

-- Somebody promised this caller something. It is owed until somebody has spoken with them since: that is derived.
CREATE TABLE promises (
    call_id TEXT NOT NULL PRIMARY KEY,
    shop_id BIGINT NOT NULL,
    number TEXT NOT NULL,
    what TEXT NOT NULL,
    due_ms BIGINT NOT NULL,
    made_by TEXT NOT NULL,
    made_ms BIGINT NOT NULL
);
CREATE INDEX promises_by_caller ON promises (number, shop_id, made_ms);
CREATE INDEX promises_by_time ON promises (made_ms, shop_id, number);

-- The shop's own words for what callers want, in its order. None: the shipped ones.
CREATE TABLE wanted_words (
    shop_id BIGINT NOT NULL REFERENCES shops (id) ON DELETE CASCADE,
    position BIGINT NOT NULL,
    word TEXT NOT NULL,
    PRIMARY KEY (shop_id, position)
);

-- What was settled lately, and the first of them after a promise.
CREATE INDEX settlements_by_time ON settlements (shop_id, settled_ms);
