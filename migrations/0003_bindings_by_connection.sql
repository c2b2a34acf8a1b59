-- "udp", or "tcp": it came over a connection, which a restart ends. The phone is known, and rings once it has come again.
ALTER TABLE bindings ADD COLUMN protocol TEXT NOT NULL DEFAULT 'udp';
