-- What is flagged of what arrived on a day.
-- Grain: one row per label × target × language. Units: counts of flags; the day is from $since,
--   UTC, to before $until.
-- Read by: the duty `day`, for the report of the day.
SELECT
    f.label, f.target, f.language,
    count(*) FILTER (f.status = 'flagged') AS flagged,
    count(*) FILTER (f.status = 'review') AS review
FROM base.flags f JOIN base.batches b USING (batch_no)
WHERE b.loaded_at >= $since::TIMESTAMPTZ AND b.loaded_at < $until::TIMESTAMPTZ
GROUP BY ALL ORDER BY flagged DESC, review DESC, label, target, language;
