-- Who a call is owed to is derived, never stored: here is only what people said of it. No foreign keys: it is log.

-- Somebody has taken it on to call this number. It stands until somebody has spoken with them since, and for no call in
-- vain that came after that.
CREATE TABLE claims (
    shop_id BIGINT NOT NULL,
    number TEXT NOT NULL,
    claimed_by TEXT NOT NULL,
    claimed_ms BIGINT NOT NULL,
    PRIMARY KEY (shop_id, number)
);

-- No call is owed any more, for another reason than a call of ours: it counts as spoken then.
-- reason: "called_elsewhere", "came_in" or "not_needed".
CREATE TABLE settlements (
    shop_id BIGINT NOT NULL,
    number TEXT NOT NULL,
    settled_ms BIGINT NOT NULL,
    reason TEXT NOT NULL,
    settled_by TEXT NOT NULL,
    PRIMARY KEY (shop_id, number, settled_ms)
);

-- When a caller was last spoken with, and who has been, without a look at the rows themselves.
CREATE INDEX calls_answered ON calls (caller, shop_id, ended_ms) WHERE disposition = 'answered';
-- What nobody answered, by what became of it: for the log's filter, and for whom a call may be owed to.
CREATE INDEX calls_unanswered ON calls (disposition, started_ms, id, shop_id, caller, ended_ms)
    WHERE disposition <> 'answered';
-- What a caller's calls are counted without.
CREATE INDEX calls_out ON calls (caller, shop_id) WHERE direction = 'out' AND caller IS NOT NULL;
-- Of two indexes that seem equally good to SQLite it takes the earlier: the caller's comes first (src/store/indexes.rs).
-- With the id, as pages of one caller's calls are turned.
DROP INDEX calls_by_caller;
CREATE INDEX calls_by_caller ON calls (caller, shop_id, started_ms, id);
CREATE INDEX calls_by_shop ON calls (shop_id, started_ms, id);
