-- Acts of reviewers, latest first; copies left out. Grain: one row per decision.
-- Units: `undone`: taken back, and that was not taken back. A filter that is null does not filter.
-- Read by: review/record.py (the console's history).
SELECT
    d.decision_id::VARCHAR AS decision_id, d.act_id::VARCHAR AS act_id,
    base.flag_key(d.label, d.source, d.target) AS key, d.label, d.source, d.target, d.judgement,
    d.changed_label, d.changed_source, d.changed_target, d.changed_severity, d.reviewer,
    d.decided_at, d.reason, d.note, d.purpose, d.model_version, d.language,
    d.channel_key, d.message_id, m.item_no, i.copies, i.state AS item_state,
    d.judgement <> 'undo' AND s.decision_id IS NULL AS undone
FROM (
    SELECT * FROM base.decisions
    WHERE copy_of IS NULL
        AND ($reviewer::VARCHAR IS NULL OR reviewer = $reviewer)
        AND ($label::VARCHAR IS NULL OR label = $label)
        AND ($language::VARCHAR IS NULL OR language = $language)
        AND ($judgement::VARCHAR IS NULL OR judgement = $judgement)
        AND ($purpose::VARCHAR IS NULL OR purpose = $purpose)
        AND ($channel::VARCHAR IS NULL OR channel_key = $channel)
        AND ($act::UUID IS NULL OR act_id = $act::UUID)
        AND ($from::TIMESTAMPTZ IS NULL OR decided_at >= $from)
        AND ($to::TIMESTAMPTZ IS NULL OR decided_at < $to)
    ORDER BY decided_at DESC, decision_id
    LIMIT $limit OFFSET $offset
) d
LEFT JOIN base.channels c USING (channel_key)
LEFT JOIN base.item_members m USING (channel_no, message_id, content_id)
LEFT JOIN base.items i ON i.item_no = m.item_no
LEFT JOIN base.standing_decisions s ON s.decision_id = d.decision_id
ORDER BY d.decided_at DESC, d.decision_id;
