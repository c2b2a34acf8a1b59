-- Cells that picked up and were asked for a key: few among all that happens in calls, and looked at at each start.
CREATE INDEX call_events_screened ON call_events (at_ms) WHERE kind IN ('screened', 'no_key');
