-- The record of one channel: what is flagged there, by label, and what was decided about it. What was
-- said of the item itself is left out: who reviews it second is not to know.
-- Grain: one row per (what, value). Read by: review/record.py.
SELECT 'flagged' AS what, label AS value, count(DISTINCT message_id) AS messages
FROM base.flags WHERE channel_no = $channel_no AND status = 'flagged' GROUP BY label
UNION ALL
SELECT 'decided', judgement, count(DISTINCT (message_id, label, target))
FROM base.standing_decisions d
WHERE channel_key = $channel_key AND purpose <> 'golden'
    AND judgement IN ('confirm', 'reject', 'change')
    AND NOT EXISTS (
        SELECT 1 FROM base.item_members m
        WHERE m.item_no = $item_no AND m.channel_no = $channel_no AND m.message_id = d.message_id
    )
GROUP BY judgement
ORDER BY what, messages DESC, value;
