-- What callers said while the shop was closed. A call has one message at most; its sound is a file.
CREATE TABLE voice_messages (
    call_id TEXT NOT NULL PRIMARY KEY,
    -- The file's name without its ending: the id that the call had when it was recorded. It is another than call_id
    -- where a call came again after a crash and goes on in its first row.
    recording TEXT NOT NULL UNIQUE,
    recorded_ms BIGINT NOT NULL,
    length_ms BIGINT NOT NULL,
    -- So much of it is voice.
    voice_ms BIGINT NOT NULL,
    -- 1: it was cut off, and taken up when the service started again.
    cut_off BIGINT NOT NULL
);
CREATE INDEX voice_messages_by_time ON voice_messages (recorded_ms, call_id);
