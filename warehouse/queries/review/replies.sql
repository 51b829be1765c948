-- What a message replies to, what that replies to, and so on, the first first; then the replies to it:
-- each as it stands now, but for the message itself.
-- Grain: one row per message of the same channel, at most twelve up and twelve down; severity
-- that of its severest flag.
-- Read by: review/record.py.
WITH RECURSIVE up AS (
    SELECT message_id, reply_to_id, reply_to_channel, sent_at, text, language, revision_no, 0 AS step
    FROM base.revisions WHERE revision_no = $revision_no
    UNION ALL
    SELECT
        r.message_id, r.reply_to_id, r.reply_to_channel, r.sent_at, r.text, r.language, r.revision_no,
        up.step - 1
    FROM up
    JOIN base.revisions r
        ON r.channel_no = $channel_no AND r.message_id = up.reply_to_id
        AND r.message_id < up.message_id
    LEFT JOIN base.standings s ON s.revision_no = r.revision_no
    WHERE up.step > -12 AND s.state IS DISTINCT FROM 'superseded'
        AND coalesce(up.reply_to_channel, $channel_key) = $channel_key
),
down AS (
    SELECT message_id, reply_to_id, reply_to_channel, sent_at, text, language, revision_no, 1 AS step
    FROM base.revisions r LEFT JOIN base.standings s USING (revision_no)
    WHERE r.channel_no = $channel_no AND r.reply_to_id = $message_id
        AND s.state IS DISTINCT FROM 'superseded'
        AND coalesce(r.reply_to_channel, $channel_key) = $channel_key
        AND r.message_id > $message_id
    ORDER BY message_id LIMIT 12
)
SELECT t.message_id, t.sent_at, t.text, t.language, t.step = 0 AS here,
    coalesce(s.state = 'deleted', false) AS deleted,
    (SELECT max(f.severity) FROM base.flags f WHERE f.revision_no = t.revision_no) AS severity
FROM (SELECT * FROM up UNION ALL SELECT * FROM down) t
LEFT JOIN base.standings s USING (revision_no)
ORDER BY t.step, t.message_id;
