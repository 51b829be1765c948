-- What a delivery tells. Grain: one row per event, in their order.
-- Read by: alerting/deliveries.py.
SELECT
    e.event_id::VARCHAR AS event_id, e.alert_id::VARCHAR AS alert_id, e.event, e.happened_at,
    a.rule, a.kind, e.severity, e.subject, e.evidence, e.link, e.count, e.measure, a.first_seen,
    coalesce(r.description, '') AS description
FROM base.alert_events e
JOIN base.alerts a USING (alert_id)
LEFT JOIN base.alert_rules r USING (rule)
WHERE e.event_id IN (
    SELECT unnest(events) FROM base.alert_deliveries WHERE delivery_id = $delivery_id::UUID
)
ORDER BY e.happened_at, e.event_id;
