-- The rules as they were last evaluated. Grain: one row per rule. Read by: alerting/record.py.
SELECT * FROM base.alert_rules ORDER BY rule;
