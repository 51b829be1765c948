-- Decisions as they are exported, oldest first.
-- Grain: one row per decision and message, as of the view `decisions`, with whether it is in force:
--   not taken back, and no later decision that stands replaces it (of a copy: the one that it is a
--   copy of). An undo is never in force. Units: as of the view. A filter that is null does not
--   filter; $since and $until bound decided_at, half-open.
-- Read by: ops/console/pages/export.py.
WITH standing AS (
    SELECT decision_id, copy_of FROM base.standing_decisions
),
replaced AS (
    SELECT DISTINCT unnest(replaces) AS decision_id FROM decisions SEMI JOIN standing USING (decision_id)
),
in_force AS (
    SELECT decision_id FROM standing
    ANTI JOIN replaced USING (decision_id)
    ANTI JOIN (SELECT decision_id AS copy_of FROM replaced) USING (copy_of)
)
SELECT d.*, f.decision_id IS NOT NULL AS in_force
FROM decisions d LEFT JOIN in_force f USING (decision_id)
WHERE ($since::TIMESTAMPTZ IS NULL OR d.decided_at >= $since)
    AND ($until::TIMESTAMPTZ IS NULL OR d.decided_at < $until)
    AND ($label::VARCHAR IS NULL OR d.label = $label)
    AND ($language::VARCHAR IS NULL OR d.language = $language)
    AND ($reviewer::VARCHAR IS NULL OR d.reviewer = $reviewer)
    AND ($purpose::VARCHAR IS NULL OR d.purpose = $purpose)
    AND ($copies OR d.copy_of IS NULL)
    AND (NOT $in_force OR f.decision_id IS NOT NULL)
ORDER BY d.decided_at, d.decision_id;
