-- What happened on a day, in one row.
-- Grain: one row. Units: counts; the day is from $since, UTC, to before $until.
-- Read by: the duty `day`, for the report of the day.
WITH arrived AS (
    SELECT * FROM base.batches
    WHERE kind IN ('messages', 'quarantine')
        AND loaded_at >= $since::TIMESTAMPTZ AND loaded_at < $until::TIMESTAMPTZ
)
SELECT
    (SELECT count(DISTINCT source_no) FROM arrived) AS files,
    (SELECT coalesce(sum(landed), 0)::BIGINT FROM arrived) AS landed,
    (SELECT coalesce(sum(unchanged), 0)::BIGINT FROM arrived) AS unchanged,
    (SELECT coalesce(sum(quarantined), 0)::BIGINT FROM arrived) AS quarantined,
    (
        SELECT count(*) FROM base.decisions
        WHERE decided_at >= $since::TIMESTAMPTZ AND decided_at < $until::TIMESTAMPTZ
    ) AS decisions,
    (SELECT count(*) FROM base.items WHERE state <> 'decided') AS waiting_now,
    (SELECT count(*) FROM base.items WHERE state = 'escalated') AS escalated_now;
