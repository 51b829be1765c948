-- Fix a delivery, once. Grain: one row, none where it stands there already.
-- Read by: alerting/deliveries.py.
INSERT INTO base.alert_deliveries BY NAME
SELECT * FROM (SELECT
    $delivery_id::UUID AS delivery_id, $route AS route, $events::UUID[] AS events,
    $now::TIMESTAMPTZ AS planned_at
)
WHERE delivery_id NOT IN (SELECT delivery_id FROM base.alert_deliveries);
