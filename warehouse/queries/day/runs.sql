-- The runs that began on a day.
-- Grain: one row per run. Units: counts of rows; times UTC; the day is from $since to before $until.
-- Read by: the duty `day`, for the report of the day.
SELECT run_id, state, landed, unchanged, quarantined
FROM runs
WHERE started_at >= $since::TIMESTAMPTZ AND started_at < $until::TIMESTAMPTZ
ORDER BY run_id;
