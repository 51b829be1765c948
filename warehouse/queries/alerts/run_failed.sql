-- run_failed: a run failed, ended with problems, or stopped without ending.
-- Grain: one row per work (same inputs, options and model) whose latest run, begun from $since on, is
--   so. A later run of the same work that ends well resolves it.
-- Units: hours; counts of messages as the run gave them.
-- $hours: number from 0.1, 12. A run that has not ended after so long has stopped.
-- $quarantined: integer from 1, 1. From so many items in quarantine on, a run has problems.
-- Says: The run {run} ended badly ({problem}): {read} read, {arrived} arrived, {quarantined} in quarantine.
-- Read by: warehouse/alerting/evaluating.py.
WITH told AS (
    SELECT
        run_id, state, started_at, finished_at, coalesce(fingerprint, run_id) AS work,
        coalesce(try_cast(json_extract_string(counts, '$.read') AS BIGINT), 0) AS read,
        coalesce(try_cast(json_extract_string(counts, '$.landed') AS BIGINT), 0)
            + coalesce(try_cast(json_extract_string(counts, '$.unchanged') AS BIGINT), 0) AS arrived,
        coalesce(try_cast(json_extract_string(counts, '$.quarantined') AS BIGINT), 0) AS quarantined
    FROM base.runs
    WHERE state <> 'unknown' AND coalesce(started_at, finished_at) >= $since::TIMESTAMPTZ
        AND coalesce(started_at, finished_at) <= $now::TIMESTAMPTZ
),
latest AS (
    SELECT * FROM told
    QUALIFY row_number() OVER (
        PARTITION BY work ORDER BY coalesce(started_at, finished_at) DESC, run_id DESC
    ) = 1
),
judged AS (
    SELECT
        *, CASE
            WHEN state = 'failed' THEN 'failed'
            WHEN state = 'started' AND started_at
                < $now::TIMESTAMPTZ - to_microseconds((3600000000 * $hours::DOUBLE)::BIGINT)
                THEN 'stopped'
            WHEN state = 'finished' AND quarantined >= $quarantined::BIGINT THEN 'quarantine'
            WHEN state = 'finished' AND read <> arrived + quarantined THEN 'unbalanced'
        END AS problem
    FROM latest
)
SELECT
    work AS key, 1::BIGINT AS count, greatest(quarantined, 1)::DOUBLE AS measure,
    {'run': run_id, 'problem': problem} AS subject, NULL AS filters,
    {
        'state': state, 'started_at': started_at::VARCHAR, 'finished_at': finished_at::VARCHAR,
        'read': read, 'arrived': arrived, 'quarantined': quarantined
    } AS evidence
FROM judged
WHERE problem IS NOT NULL
ORDER BY coalesce(started_at, finished_at) DESC, key
LIMIT $most;
