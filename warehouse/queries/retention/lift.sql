-- Lift the hold $hold_id, or all of the case $case_name, that are in force. Read by: retention/holds.py.
INSERT INTO base.holds
SELECT DISTINCT
    hold_id, 'lift', NULL::VARCHAR, case_name, NULL::VARCHAR, NULL::BIGINT, NULL::BIGINT, $who,
    $now::TIMESTAMPTZ, $why
FROM base.holds
WHERE act = 'add' AND (hold_id = $hold_id::UUID OR case_name = $case_name)
    AND hold_id NOT IN (SELECT hold_id FROM base.holds WHERE act = 'lift')
RETURNING hold_id::VARCHAR AS hold_id;
