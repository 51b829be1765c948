-- Deliveries that have neither arrived nor been refused, oldest first.
-- Grain: one row per delivery. Units: attempts so far; tried_at of the latest, UTC.
-- Read by: alerting/deliveries.py.
SELECT
    d.delivery_id::VARCHAR AS delivery_id, d.route, d.planned_at,
    count(t.tried_at) AS attempts, max(t.tried_at) AS tried_at, arg_max(t.detail, t.tried_at) AS detail
FROM base.alert_deliveries d LEFT JOIN base.alert_attempts t USING (delivery_id)
WHERE $route::VARCHAR IS NULL OR d.route = $route
GROUP BY d.delivery_id, d.route, d.planned_at
HAVING count(*) FILTER (t.outcome IN ('delivered', 'refused')) = 0
ORDER BY d.planned_at, d.delivery_id
LIMIT $most;
