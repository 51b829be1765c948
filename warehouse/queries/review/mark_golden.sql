-- Mark the message that an item shows as one with a known answer, or take the mark away.
-- Grain of what is inserted: one row. Read by: review/golden.py.
INSERT INTO base.golden
SELECT c.channel_key, m.message_id, m.content_id, $golden, $by, $now
FROM base.items i JOIN base.item_members m USING (item_no, revision_no)
JOIN base.channels c ON c.channel_no = i.channel_no
WHERE i.item_no = $item_no AND i.state = 'decided';
