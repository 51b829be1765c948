-- How an alert stands. Grain: one row. Read by: alerting/evaluating.py.
INSERT INTO base.alerts BY NAME
SELECT
    $alert_id::UUID AS alert_id, $rule AS rule, $kind AS kind, $key AS key, $severity AS severity,
    $subject AS subject, $evidence AS evidence, $link AS link, $count AS count,
    $measure::DOUBLE AS measure, $first_seen::TIMESTAMPTZ AS first_seen,
    $last_seen::TIMESTAMPTZ AS last_seen, $resolved_at::TIMESTAMPTZ AS resolved_at,
    $raised::INTEGER AS raised, $notified_at::TIMESTAMPTZ AS notified_at,
    $notified_measure::DOUBLE AS notified_measure;
