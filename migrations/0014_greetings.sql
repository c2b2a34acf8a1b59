-- The last year whose closed days the owner has said.
ALTER TABLE shops ADD COLUMN closed_days_year BIGINT NOT NULL DEFAULT 0;
