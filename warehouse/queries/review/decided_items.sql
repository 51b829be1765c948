-- The items in which the messages are now of what act $act has taken back, copies among them, most
-- urgent first: they are to be settled. Grain: one row per item. Read by: review/deciding.py.
SELECT i.item_no
FROM base.items i WHERE i.item_no IN (
    SELECT m.item_no
    FROM base.decisions u
    JOIN base.decisions d ON coalesce(d.copy_of, d.decision_id) = u.supersedes
    JOIN base.channels c ON c.channel_key = d.channel_key
    JOIN base.item_members m
        ON m.channel_no = c.channel_no AND m.message_id = d.message_id AND m.content_id = d.content_id
    WHERE u.act_id = $act::UUID
)
ORDER BY i.priority DESC, i.item_no;
