-- Alerts that hold, and those that ended not long ago, with who has seen them.
-- Grain: one row per rule × key: the latest. Read by: alerting/evaluating.py.
SELECT * FROM base.alerts_at($now::TIMESTAMPTZ)
WHERE resolved_at IS NULL OR resolved_at > $longest::TIMESTAMPTZ
QUALIFY row_number() OVER (PARTITION BY rule, key ORDER BY first_seen DESC, alert_id) = 1;
