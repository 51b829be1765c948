-- run_empty: nothing new has arrived for too long.
-- Grain: one row where it is so; none in a warehouse in which nothing ever arrived.
-- Units: days since the last batch with new revisions; measure is days by limit.
-- $days: number from 0.01, 2. So long may nothing new arrive.
-- Says: Nothing new has arrived for {days} days.
-- Read by: warehouse/alerting/evaluating.py.
WITH last AS (
    SELECT
        max(loaded_at) FILTER (landed > 0) AS arrived_at,
        count(DISTINCT run_no) FILTER (loaded_at >= $since::TIMESTAMPTZ) AS runs
    FROM base.batches WHERE loaded_at <= $now::TIMESTAMPTZ
),
counted AS (
    SELECT *, epoch_ms($now::TIMESTAMPTZ - arrived_at) / 86400000.0 AS days FROM last
)
SELECT
    'arrivals' AS key, runs::BIGINT AS count, round(days / $days::DOUBLE, 3)::DOUBLE AS measure,
    {'problem': 'nothing new'} AS subject, NULL AS filters,
    {'arrived_at': arrived_at::VARCHAR, 'days': round(days, 2), 'runs': runs} AS evidence
FROM counted
WHERE days > $days::DOUBLE
LIMIT $most;
