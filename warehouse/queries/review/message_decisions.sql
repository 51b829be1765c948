-- Everything that was written down about one message, oldest first; a row with `copy_of` stands for a
-- decision on another message. Grain: one row per decision, an undo being one.
-- Read by: review/record.py.
SELECT
    decision_id::VARCHAR AS decision_id, act_id::VARCHAR AS act_id, copy_of IS NOT NULL AS copied,
    label, source, target, judgement, changed_label, changed_source, changed_target,
    changed_severity, spans, reviewer, decided_at, reason, note, supersedes::VARCHAR AS supersedes,
    model_version, purpose
FROM base.decisions
WHERE channel_key = $channel_key AND message_id = $message_id AND content_id = $content_id::UUID
ORDER BY decided_at, base.decisions.decision_id;
