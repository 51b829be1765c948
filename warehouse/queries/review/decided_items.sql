-- The items that act $act speaks of, to be settled. Grain: one row per item. Read by: review/deciding.py.
SELECT DISTINCT m.item_no
FROM base.decisions d
JOIN base.channels c USING (channel_key)
JOIN base.item_members m USING (channel_no, message_id, content_id)
WHERE d.act_id = $act::UUID AND d.copy_of IS NULL
ORDER BY m.item_no;
