-- What a message replies to, what that replies to, and so on, the first first; then the replies to it.
-- Grain: one row per message of the same channel, at most twelve up and twelve down.
-- Read by: review/record.py.
WITH RECURSIVE up AS (
    SELECT message_id, reply_to_id, sent_at, text, language, revision_no, 0 AS step
    FROM base.revisions WHERE revision_no = $revision_no
    UNION ALL
    SELECT r.message_id, r.reply_to_id, r.sent_at, r.text, r.language, r.revision_no, up.step - 1
    FROM up JOIN base.revisions r
        ON r.channel_no = $channel_no AND r.message_id = up.reply_to_id
        AND r.message_id < up.message_id
    WHERE up.step > -12
),
down AS (
    SELECT message_id, reply_to_id, sent_at, text, language, revision_no, 1 AS step
    FROM base.revisions
    WHERE channel_no = $channel_no AND reply_to_id = $message_id
    ORDER BY message_id LIMIT 12
)
SELECT t.message_id, t.sent_at, t.text, t.language, t.step = 0 AS here,
    coalesce(s.state = 'deleted', false) AS deleted
FROM (SELECT * FROM up UNION ALL SELECT * FROM down) t
LEFT JOIN base.standings s USING (revision_no)
WHERE s.state IS DISTINCT FROM 'superseded' OR t.step = 0
ORDER BY t.step, t.message_id;
