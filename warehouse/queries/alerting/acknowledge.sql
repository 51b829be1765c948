-- Somebody takes care of an alert. Grain: one row, none where there is no such alert or the same
-- stands there already. Read by: alerting/record.py.
INSERT INTO base.alert_acknowledgements BY NAME
SELECT alert_id, $reviewer AS reviewer, $now::TIMESTAMPTZ AS acted_at, $note AS note
FROM base.alerts
WHERE alert_id = try_cast($alert_id AS UUID)
    AND (alert_id, $reviewer, $now::TIMESTAMPTZ) NOT IN (
        SELECT (alert_id, reviewer, acted_at) FROM base.alert_acknowledgements
    );
