-- An alert holds no more. Read by: alerting/evaluating.py.
UPDATE base.alerts SET resolved_at = $now::TIMESTAMPTZ WHERE alert_id = $alert_id;
