-- The messages before and after one in its channel, as they stand now, in their order.
-- Grain: one row per message, at most $most on each side; severity that of its
-- severest flag. Read by: review/record.py.
WITH near AS (
    SELECT r.revision_no, r.message_id, r.sent_at, r.text, r.language, s.state
    FROM base.revisions r LEFT JOIN base.standings s USING (revision_no)
    WHERE r.channel_no = $channel_no AND r.message_id BETWEEN $message_id - 1000 AND $message_id + 1000
        AND r.kind = 'message' AND s.state IS DISTINCT FROM 'superseded'
)
SELECT message_id, sent_at, text, language, coalesce(state = 'deleted', false) AS deleted,
    message_id = $message_id AS here,
    (SELECT max(f.severity) FROM base.flags f WHERE f.revision_no = shown.revision_no) AS severity
FROM (
    (SELECT * FROM near WHERE message_id <= $message_id ORDER BY message_id DESC LIMIT $most + 1)
    UNION ALL
    (SELECT * FROM near WHERE message_id > $message_id ORDER BY message_id LIMIT $most)
) shown
ORDER BY message_id;
