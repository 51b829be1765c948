-- What was decided from $since until $until, that stands: of whom, how, hour by hour.
-- Grain: one row per hour × judgement × purpose. Units: hour UTC; decisions are on flags, acts what a
--   moderator did at once; those on copies of the message that was shown are not counted.
-- Read by: ops/console/pages/overview.py.
SELECT
    date_trunc('hour', decided_at) AS hour, judgement, purpose,
    count(*) AS decisions, count(DISTINCT act_id) AS acts, count(DISTINCT reviewer) AS reviewers
FROM base.standing_decisions
WHERE copy_of IS NULL AND decided_at >= $since AND decided_at < $until
GROUP BY ALL ORDER BY ALL;
