-- When somebody first played a message on the page. NULL: nobody has. What was left before this was kept counts as heard.
ALTER TABLE voice_messages ADD COLUMN heard_ms BIGINT;
UPDATE voice_messages SET heard_ms = recorded_ms;
CREATE INDEX voice_messages_unheard ON voice_messages (call_id) WHERE heard_ms IS NULL;
