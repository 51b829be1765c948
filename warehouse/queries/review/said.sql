-- All that was ever said of the messages of some items, an undo being one; copies left out.
-- Grain: one row per decision. `outcome` tells apart what reviewers make of a flag; `revision_no` is
-- the message that it was said about. Read by: review/settling.py.
SELECT
    m.item_no, m.revision_no, d.decision_id, d.label, d.source, d.target, d.judgement,
    CASE d.judgement
        WHEN 'confirm' THEN 'as flagged'
        WHEN 'reject' THEN 'not'
        ELSE concat_ws('|', 'changed', d.changed_label, d.changed_source, d.changed_target,
            d.changed_severity::VARCHAR)
    END AS outcome,
    d.reviewer, d.purpose, d.decided_at, d.supersedes
FROM base.item_members m
JOIN base.channels c USING (channel_no)
JOIN base.decisions d
    ON d.channel_key = c.channel_key AND d.message_id = m.message_id AND d.content_id = m.content_id
WHERE m.item_no IN (SELECT unnest($items::BIGINT[])) AND d.copy_of IS NULL;
