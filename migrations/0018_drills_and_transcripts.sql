-- Whether the phones are rung once ten minutes before each opening, to see whether they ring (0/1).
ALTER TABLE shops ADD COLUMN drill_before_opening BIGINT NOT NULL DEFAULT 0;

-- What was said, as the owner's command has written it down. NULL: it has not. Empty: it understood no word.
ALTER TABLE voice_messages ADD COLUMN transcript TEXT;
CREATE INDEX voice_messages_unwritten ON voice_messages (recorded_ms, call_id) WHERE transcript IS NULL;
