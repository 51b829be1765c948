-- Of what an alert is, for a silence of just that. Grain: one row at most. Read by: alerting/record.py.
SELECT rule, key FROM base.alerts WHERE alert_id = try_cast($alert_id AS UUID);
