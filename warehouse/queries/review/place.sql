-- Where the message that an item shows stands. Grain: one row, none where there is no such item.
-- Read by: review/record.py.
SELECT i.revision_no, i.channel_no, i.fingerprint, m.message_id, c.channel_key
FROM base.items i
JOIN base.item_members m USING (item_no, revision_no)
JOIN base.channels c ON c.channel_no = i.channel_no
WHERE i.item_no = $item_no;
