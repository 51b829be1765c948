-- The record of one channel: what is flagged there, by label, and what was decided about it; item $item_no
-- left out of that, because who is to judge it does so blind.
-- Grain: one row per (what, value). Read by: review/record.py.
SELECT 'flagged' AS what, label AS value, count(DISTINCT message_id) AS messages
FROM base.flags WHERE channel_no = $channel_no AND status = 'flagged' GROUP BY label
UNION ALL
SELECT 'decided', judgement, count(DISTINCT (message_id, label, target))
FROM base.standing_decisions
WHERE channel_key = $channel_key AND purpose <> 'golden'
    AND judgement IN ('confirm', 'reject', 'change')
    AND (message_id, content_id) NOT IN (
        SELECT (message_id, content_id) FROM base.item_members
        WHERE item_no = $item_no AND channel_no = $channel_no
    )
GROUP BY judgement
ORDER BY what, messages DESC, value;
