-- The silences in force at $now. Grain: one row each.
-- Read by: alerting/evaluating.py, alerting/record.py (the console, `channelwatch alerts list`).
SELECT * FROM base.silences_at($now::TIMESTAMPTZ) ORDER BY until, silence_id;
