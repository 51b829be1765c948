-- Everything that was decided about the messages of an item, oldest first; of one that holds for several
-- of them, it alone. Grain: one row per decision, an undo being one. `undone`: taken back, and that was
-- not taken back. Read by: review/record.py.
SELECT
    d.decision_id::VARCHAR AS decision_id, d.act_id::VARCHAR AS act_id,
    d.channel_key, d.message_id, d.content_id::VARCHAR AS content_id, d.label, d.source, d.target, d.judgement,
    d.changed_label, d.changed_source, d.changed_target, d.changed_severity, d.spans, d.reviewer,
    d.decided_at, d.reason, d.note, d.supersedes::VARCHAR AS supersedes, d.model_version, d.purpose
FROM base.decisions d
WHERE d.decision_id IN (
    SELECT coalesce(h.copy_of, h.decision_id)
    FROM base.decisions h
    JOIN base.channels c USING (channel_key)
    JOIN base.item_members m USING (channel_no, message_id, content_id)
    WHERE m.item_no = $item_no
)
ORDER BY d.decided_at, d.decision_id;
