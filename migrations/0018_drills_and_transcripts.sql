-- Whether the phones are rung once ten minutes before each opening, to see whether they ring (0/1).
ALTER TABLE shops ADD COLUMN drill_before_opening BIGINT NOT NULL DEFAULT 0;
