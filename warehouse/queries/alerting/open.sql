-- Open alerts by severity at $now. Grain: one row per severity. Read by: alerting/record.py.
SELECT severity, count(*) AS alerts FROM base.alerts_at($now::TIMESTAMPTZ)
WHERE state = 'open' GROUP BY severity;
