-- Make room for the present state of an alert. Read by: alerting/evaluating.py.
DELETE FROM base.alerts WHERE alert_id = $alert_id;
