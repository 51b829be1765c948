-- The flags that some items ask about, how the items stand, and the messages that they show, as they are
-- named for ever. Grain: one row per item × flag. Read by: review/settling.py.
SELECT
    i.item_no, i.wanted, i.copies, i.state, i.done_by, i.decided_at, f.label, f.source, f.target,
    c.channel_key, f.message_id, f.content_id, f.model_version, f.language
FROM base.items i
JOIN base.flags f USING (revision_no)
JOIN base.channels c ON c.channel_no = i.channel_no
WHERE i.item_no IN (SELECT unnest($items::BIGINT[]));
