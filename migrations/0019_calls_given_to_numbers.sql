-- Whom a call was given to may be somebody's number: who is erased is found there without a look at all that happened.
CREATE INDEX call_events_given ON call_events (detail) WHERE kind = 'transferred';
