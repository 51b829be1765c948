-- queue_old: an open item has waited too long, or too many wait.
-- Grain: one row where it is so, none where not.
-- Units: items that are not decided, with one of $labels where any is given; hours since the oldest
--   came into the queue; measure is the worse of hours by limit and items by limit.
-- $hours: number from 0.1, 24. So old may the oldest be.
-- $items: integer from 1, 5000. So many may wait.
-- Says: {items} items are open; the oldest has waited for {oldest_hours} hours.
-- Read by: warehouse/alerting/evaluating.py.
WITH open AS (
    SELECT since FROM base.items
    WHERE state <> 'decided' AND since <= $now::TIMESTAMPTZ
        AND (len($labels::VARCHAR[]) = 0 OR list_has_any(labels, $labels::VARCHAR[]))
),
counted AS (
    SELECT
        count(*) AS items, min(since) AS oldest,
        epoch_ms($now::TIMESTAMPTZ - min(since)) / 3600000.0 AS hours
    FROM open
)
SELECT
    'queue' AS key, items::BIGINT AS count,
    round(greatest(hours / $hours::DOUBLE, items / $items::DOUBLE), 3)::DOUBLE AS measure,
    {'labels': $labels::VARCHAR[]} AS subject,
    {'label': CASE WHEN len($labels::VARCHAR[]) = 1 THEN array_extract($labels::VARCHAR[], 1) END, 'state': 'waiting'}
        AS filters,
    {'items': items, 'oldest_since': oldest::VARCHAR, 'oldest_hours': round(hours, 1)} AS evidence
FROM counted
WHERE hours > $hours::DOUBLE OR items > $items::INTEGER
LIMIT $most;
