-- How a rule fared at the last look. Grain: one row. Read by: alerting/evaluating.py.
INSERT INTO base.alert_rules BY NAME
SELECT
    $rule AS rule, $kind AS kind, $severity AS severity, $description AS description,
    $routes::VARCHAR[] AS routes, $now::TIMESTAMPTZ AS evaluated_at, $found AS found,
    $seconds::DOUBLE AS seconds, $problem AS problem;
