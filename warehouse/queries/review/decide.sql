-- Write down the decisions in `deciding`. Grain: one row per decision.
-- Units: seconds from showing to deciding; spans half-open in code points of the raw text.
-- Read by: review/deciding.py.
INSERT INTO base.decisions (
    decision_id, channel_key, message_id, content_id, label, source, target, judgement,
    changed_label, changed_source, changed_target, changed_severity, spans, reviewer, decided_at,
    reason, note, supersedes, model_version, act_id, purpose, copy_of, language, seconds
)
SELECT
    decision_id::UUID, channel_key, message_id, content_id::UUID, label, source, target, judgement,
    changed_label, changed_source, changed_target, changed_severity, spans, reviewer, decided_at,
    reason, note, supersedes::UUID, model_version, act_id::UUID, purpose, NULL, language, seconds
FROM deciding;
