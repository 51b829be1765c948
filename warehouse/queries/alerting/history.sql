-- What happened to an alert, what was said to it, and to whom it went, oldest first.
-- Grain: one row per event, acknowledgement or attempt at a delivery. Read by: alerting/record.py.
SELECT * FROM (
    SELECT
        happened_at AS moment, event AS what, '' AS who,
        count || ' (measure ' || round(measure, 2) || ')' AS detail
    FROM base.alert_events WHERE alert_id = try_cast($alert_id AS UUID)
    UNION ALL
    SELECT acted_at, 'acknowledged', reviewer, coalesce(note, '')
    FROM base.alert_acknowledgements WHERE alert_id = try_cast($alert_id AS UUID)
    UNION ALL
    SELECT t.tried_at, t.outcome, d.route, t.detail
    FROM base.alert_attempts t JOIN base.alert_deliveries d USING (delivery_id)
    WHERE list_has_any(d.events, (
        SELECT coalesce(list(event_id), []) FROM base.alert_events
        WHERE alert_id = try_cast($alert_id AS UUID)
    ))
)
ORDER BY moment, what, who
LIMIT 500;
