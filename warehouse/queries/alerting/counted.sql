-- Alerts by state at $now. Grain: one row per state. Read by: alerting/record.py.
SELECT state, count(*) AS alerts FROM base.alerts_at($now::TIMESTAMPTZ) GROUP BY state;
