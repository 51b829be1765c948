-- Everything that one message ever said, oldest first. Grain: one row per revision.
-- Read by: review/record.py.
SELECT
    r.revision_no, coalesce(s.state, 'current') AS state, r.sent_at, r.edited_at, r.text,
    r.language, b.loaded_at
FROM base.revisions r
LEFT JOIN base.standings s USING (revision_no)
JOIN base.batches b USING (batch_no)
WHERE r.channel_no = $channel_no AND r.message_id = $message_id
ORDER BY coalesce(r.edited_at, r.sent_at, b.loaded_at), r.revision_no
LIMIT 50;
