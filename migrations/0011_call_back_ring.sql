-- Whether free phones ring once for a caller who has just given up (0/1).
ALTER TABLE shops ADD COLUMN call_back_ring BIGINT NOT NULL DEFAULT 1;
