-- The first blind judgement of each reviewer on each flag that two or more judged blind.
-- Grain: one row per item × flag × reviewer; oldest first. Units: severity 1 to 3 as the reviewer
--   left it, null where the flag is rejected or has none; from $since until $until, UTC. Blind are
--   reviews, second reviews and golden items: no adjudication, nothing in bulk, and nothing that
--   replaces what somebody else said. A label or language that is null does not filter.
-- Read by: ops/console/pages/agreement.py.
WITH blind AS (
    SELECT
        d.decision_id, c.channel_no, d.message_id, d.content_id, d.label, d.source, d.target,
        d.judgement, d.changed_label, d.changed_source, d.changed_target, d.changed_severity,
        d.reviewer, d.decided_at, d.language
    FROM base.standing_decisions d
    JOIN base.channels c USING (channel_key)
    LEFT JOIN base.decisions former ON former.decision_id = d.supersedes
    WHERE d.copy_of IS NULL AND d.purpose IN ('review', 'second', 'golden')
        AND d.judgement IN ('confirm', 'reject', 'change')
        AND d.decided_at >= $since AND d.decided_at < $until
        AND ($label::VARCHAR IS NULL OR d.label = $label)
        AND (former.reviewer IS NULL OR former.reviewer = d.reviewer)
),
placed AS ( -- a message that is in no item any more stands for itself
    SELECT
        b.*, coalesce(m.item_no, -(hash(b.channel_no, b.message_id, b.content_id) >> 2)::BIGINT)
            AS item
    FROM blind b LEFT JOIN base.item_members m USING (channel_no, message_id, content_id)
),
firsts AS (
    SELECT item, label, source, target, reviewer, unnest(
        arg_min(
            {
                'judgement': judgement, 'changed_label': changed_label,
                'changed_source': changed_source, 'changed_target': changed_target,
                'changed_severity': changed_severity,
                'language': language, 'decided_at': decided_at, 'channel_no': channel_no,
                'message_id': message_id, 'content_id': content_id
            },
            (decided_at, decision_id)
        )
    )
    FROM placed GROUP BY item, label, source, target, reviewer
),
doubled AS (
    SELECT * FROM firsts QUALIFY count(*) OVER (PARTITION BY item, label, source, target) > 1
),
shown AS (
    SELECT channel_no, message_id, content_id, label, source, target, severity, language
    FROM base.flags SEMI JOIN doubled USING (channel_no, message_id, content_id)
)
SELECT
    d.item, base.flag_key(d.label, d.source, d.target) AS flag, d.reviewer, d.judgement, d.label,
    d.source, d.target, d.changed_label, d.changed_source, d.changed_target, d.changed_severity,
    coalesce(d.language, s.language) AS language,
    CASE WHEN d.judgement <> 'reject' THEN coalesce(
        d.changed_severity,
        CASE WHEN coalesce(d.changed_label, d.label) = d.label THEN s.severity END
    ) END AS severity
FROM doubled d LEFT JOIN shown s
    ON s.channel_no = d.channel_no AND s.message_id = d.message_id
    AND s.content_id = d.content_id AND s.label = d.label
    AND s.source IS NOT DISTINCT FROM d.source AND s.target IS NOT DISTINCT FROM d.target
WHERE $language::VARCHAR IS NULL OR coalesce(d.language, s.language) = $language
ORDER BY d.decided_at, d.item, flag, d.reviewer;
