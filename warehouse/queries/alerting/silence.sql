-- A silence begins, or ends early where `lifts` names one. Grain: one row, none where it stands there
-- already. Read by: alerting/record.py.
INSERT INTO base.alert_silences BY NAME
SELECT * FROM (SELECT
    $silence_id::UUID AS silence_id, $rule AS rule, $key AS key, $until::TIMESTAMPTZ AS until,
    $reviewer AS reviewer, $now::TIMESTAMPTZ AS acted_at, $why AS why, $lifts::UUID AS lifts
)
WHERE silence_id NOT IN (SELECT silence_id FROM base.alert_silences);
