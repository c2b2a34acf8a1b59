-- The countries whose numbers the shop's phones may call, by their two letters, with a space between. NULL: its own alone.
ALTER TABLE shops ADD COLUMN calls_to TEXT;
