-- What happened to an alert, once. Grain: one row, none where it stands there already.
-- Read by: alerting/evaluating.py.
INSERT INTO base.alert_events BY NAME
SELECT * FROM (SELECT
    $event_id::UUID AS event_id, $alert_id::UUID AS alert_id, $event AS event,
    $now::TIMESTAMPTZ AS happened_at, $routes::VARCHAR[] AS routes, $severity AS severity, $subject AS subject,
    $evidence AS evidence, $link AS link, $count AS count, $measure::DOUBLE AS measure
)
WHERE event_id NOT IN (SELECT event_id FROM base.alert_events);
