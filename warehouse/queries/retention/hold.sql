-- Put a hold on: on a channel, a message of it, or an item with all its messages. Once: a hold_id that
-- stands in the record is not written again. Grain of what is inserted: one row per message.
-- Read by: retention/holds.py.
INSERT INTO base.holds
SELECT
    $hold_id::UUID, 'add', $kind, $case_name, coalesce(m.channel_key, $channel_key),
    coalesce(m.message_id, $message_id), $item_no, $who, $now::TIMESTAMPTZ, $why
FROM (SELECT 1) LEFT JOIN (
    SELECT c.channel_key, m.message_id
    FROM base.item_members m JOIN base.channels c USING (channel_no) WHERE m.item_no = $item_no
) m ON true
WHERE $hold_id::UUID NOT IN (SELECT hold_id FROM base.holds WHERE act = 'add');
