-- The shop's own words in its greeting, and the last year whose closed days the owner has said.
ALTER TABLE shops ADD COLUMN closed_days_year BIGINT NOT NULL DEFAULT 0;
-- A second language that the greeting speaks as well.
ALTER TABLE shops ADD COLUMN greeting_also TEXT;

CREATE TABLE greetings (
    shop_id BIGINT NOT NULL REFERENCES shops (id) ON DELETE CASCADE,
    language TEXT NOT NULL,
    -- Which of the fixed words they stand for: "welcome" or "invitation".
    part TEXT NOT NULL,
    -- What is said, in writing.
    words TEXT NOT NULL,
    -- The sound: μ-law, 8 kHz, as base64. It is kept beside the words, so that neither is ever without the other.
    samples TEXT NOT NULL,
    PRIMARY KEY (shop_id, language, part)
);
