-- Give every message of some items its own row of each decision on the item that stands and
-- that no later one replaces. Messages that come to a decided item later get theirs with the time
-- at which they were folded.
-- Grain of what is inserted: one row per decision × copy. Read by: review/settling.py.
INSERT INTO base.decisions (
    decision_id, channel_key, message_id, content_id, label, source, target, judgement,
    changed_label, changed_source, changed_target, changed_severity, spans, reviewer, decided_at,
    reason, note, supersedes, model_version, act_id, purpose, copy_of, language, seconds
)
WITH members AS (
    SELECT m.item_no, c.channel_key, m.message_id, m.content_id
    FROM base.item_members m JOIN base.channels c USING (channel_no)
    WHERE m.item_no IN (SELECT unnest($items::BIGINT[]))
),
asked AS (
    SELECT i.item_no, f.label, f.source, f.target
    FROM base.items i JOIN base.flags f USING (revision_no)
    WHERE i.item_no IN (SELECT unnest($items::BIGINT[]))
),
made AS (
    SELECT DISTINCT m.item_no, d.decision_id
    FROM base.held_decisions d
    JOIN members m USING (channel_key, message_id, content_id)
    JOIN asked a
        ON a.item_no = m.item_no AND a.label = d.label
        AND a.source IS NOT DISTINCT FROM d.source AND a.target IS NOT DISTINCT FROM d.target
    WHERE d.purpose <> 'golden' AND d.judgement IN ('confirm', 'reject', 'change')
        AND d.decision_id NOT IN (
            SELECT supersedes FROM base.standing_decisions
            WHERE supersedes IS NOT NULL AND copy_of IS NULL
        )
)
SELECT
    uuid(), m.channel_key, m.message_id, m.content_id, d.label, d.source, d.target, d.judgement,
    d.changed_label, d.changed_source, d.changed_target, d.changed_severity,
    -- Offsets hold for the text that was shown; a near-copy has another.
    CASE WHEN m.content_id = d.content_id THEN d.spans END,
    d.reviewer, $now::TIMESTAMPTZ, d.reason, d.note, NULL, d.model_version, d.act_id, 'copy',
    d.decision_id, d.language, NULL
FROM made JOIN base.decisions d USING (decision_id) JOIN members m USING (item_no)
WHERE (d.channel_key, d.message_id, d.content_id) IS DISTINCT FROM
        (m.channel_key, m.message_id, m.content_id)
    AND (d.decision_id, m.channel_key, m.message_id, m.content_id) NOT IN (
        SELECT (copy_of, channel_key, message_id, content_id) FROM base.decisions
        WHERE copy_of IS NOT NULL
    );
