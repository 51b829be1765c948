-- Take back what $reviewer decided in act $former, unless it is taken back already.
-- Grain of what is inserted: one row per decision, copies left out: they go with theirs.
-- Read by: review/deciding.py.
INSERT INTO base.decisions (
    decision_id, channel_key, message_id, content_id, label, source, target, judgement,
    reviewer, decided_at, supersedes, model_version, act_id, purpose, language
)
SELECT
    uuid(), channel_key, message_id, content_id, label, source, target, 'undo',
    reviewer, $now::TIMESTAMPTZ, decision_id, model_version, $act::UUID, purpose, language
FROM base.standing_decisions
WHERE reviewer = $reviewer AND act_id = $former::UUID AND copy_of IS NULL;
