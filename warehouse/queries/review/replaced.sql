-- What some decisions replace, as of the view `decisions`. Grain: one row per decision × decision that
-- it replaces, the oldest first. Read by: review/record.py.
SELECT d.decision_id::VARCHAR AS decision_id, f.decision_id::VARCHAR AS replaced
FROM (
    SELECT decision_id, unnest(replaces) AS former FROM decisions
    WHERE decision_id IN (SELECT unnest($decisions::UUID[]))
) d
JOIN base.decisions f ON f.decision_id = d.former
ORDER BY d.decision_id, f.decided_at, f.decision_id;
