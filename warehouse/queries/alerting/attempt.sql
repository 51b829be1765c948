-- What became of an attempt, once. Grain: one row, none where it stands there already.
-- Read by: alerting/deliveries.py.
INSERT INTO base.alert_attempts BY NAME
SELECT * FROM (SELECT
    $delivery_id::UUID AS delivery_id, $tried_at::TIMESTAMPTZ AS tried_at, $outcome AS outcome,
    $detail AS detail
)
WHERE (delivery_id, tried_at) NOT IN (SELECT (delivery_id, tried_at) FROM base.alert_attempts);
