-- A timer knows the trace of the event that set it, so that what it does is seen below what asked for it.
ALTER TABLE timers ADD COLUMN traceparent TEXT;
