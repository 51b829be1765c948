-- What is to go to a route and is not in any of its deliveries yet, oldest first.
-- Grain: one row per event. That an alert is over is told for a day at most.
-- Read by: alerting/deliveries.py.
SELECT event_id::VARCHAR AS event_id FROM base.alert_events
WHERE list_contains(routes, $route)
    AND (
        event IN ('raised', 'again', 'worse')
        OR ($resolved::BOOLEAN AND event = 'resolved' AND happened_at > $now::TIMESTAMPTZ - to_days(1))
    )
    AND event_id NOT IN (
        SELECT unnest(events) FROM base.alert_deliveries WHERE route = $route
    )
ORDER BY happened_at, event_id
LIMIT $most;
