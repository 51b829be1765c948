-- Alerts as they stand at $now, the most urgent first. Grain: one row per alert.
-- Read by: alerting/record.py (the console, `channelwatch alerts list`).
SELECT
    a.* REPLACE (a.alert_id::VARCHAR AS alert_id), coalesce(r.description, '') AS description
FROM base.alerts_at($now::TIMESTAMPTZ) a LEFT JOIN base.alert_rules r USING (rule)
WHERE ($state::VARCHAR IS NULL OR a.state = $state OR ($state = 'held' AND a.state <> 'resolved'))
    AND ($rule::VARCHAR IS NULL OR a.rule = $rule)
    AND ($alert_id::VARCHAR IS NULL OR a.alert_id = try_cast($alert_id AS UUID))
ORDER BY
    a.resolved_at IS NOT NULL, a.state <> 'open',
    list_position(['critical', 'warning', 'info'], a.severity), a.last_seen DESC, a.first_seen DESC,
    a.rule, a.key
LIMIT $most OFFSET $offset;
