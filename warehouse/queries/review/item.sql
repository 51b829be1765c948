-- One item and the message that it shows. Grain: one row, none where there is no such item.
-- Read by: review/record.py (the console's item page).
SELECT
    i.item_no, i.state, i.wanted, i.copies, len(i.channels) AS channels, i.priority, i.since,
    i.severity, i.probability, i.done_by, i.reach,
    c.channel_key, c.name AS channel_name, c.username AS channel_username,
    r.message_id, r.content_id::VARCHAR AS content_id, r.kind, r.sent_at, r.edited_at, r.time_basis,
    r.author_id, r.author_name, r.signature, r.forwarded_from_name, r.reply_to_id, r.reply_to_channel,
    r.text, r.language, r.language_probability, r.media_type, r.media_name, r.media_mime,
    r.media_bytes, r.views, r.forwards, r.position,
    p.file, p.run_id, p.loaded_at,
    coalesce(s.state = 'deleted', false) AS deleted,
    coalesce(g.golden, false) AS golden
FROM base.items i
JOIN base.revisions r USING (revision_no)
JOIN base.named_channels c ON c.channel_no = r.channel_no
JOIN base.provenance p USING (batch_no)
LEFT JOIN base.standings s USING (revision_no)
LEFT JOIN (
    SELECT channel_key, message_id, content_id, max_by(golden, marked_at) AS golden
    FROM base.golden GROUP BY channel_key, message_id, content_id
) g ON g.channel_key = c.channel_key AND g.message_id = r.message_id AND g.content_id = r.content_id
WHERE i.item_no = $item_no AND r.revision_no = (
    SELECT revision_no FROM base.items WHERE item_no = $item_no
);
