-- Which decisions hold for the messages of some items, taken back or not: those made about them, and
-- those that they have as copies. Grain: one row per item × decision. Read by: review/settling.py.
SELECT DISTINCT m.item_no, coalesce(h.copy_of, h.decision_id) AS decision_id
FROM base.item_members m
JOIN base.channels c USING (channel_no)
JOIN base.decisions h
    ON h.channel_key = c.channel_key AND h.message_id = m.message_id AND h.content_id = m.content_id
WHERE m.item_no IN (SELECT unnest($items::BIGINT[])) AND h.judgement <> 'undo';
