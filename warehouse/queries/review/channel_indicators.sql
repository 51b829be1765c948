-- Payment indicators in messages that a channel sent from $since until $until: which, how often, and
-- how far each has spread. Grain: one row per type × value, the most frequent first; `found` is how
-- many there are in all. Units: messages are the channel's in that time, channels and elsewhere count
-- all that is known of the value at any time; item_no is the item of the latest of the messages that
-- has one; last_sent_at UTC.
-- Read by: ops/console/pages/indicators.py.
WITH here AS (
    SELECT
        i.type, i.value, bool_or(i.valid) AS valid, count(DISTINCT i.message_id) AS messages,
        max(i.sent_at) AS last_sent_at, max_by(m.item_no, i.sent_at) AS item_no
    FROM base.indicators i
    LEFT JOIN base.item_members m USING (revision_no)
    WHERE i.channel_no = (SELECT min(channel_no) FROM base.channels WHERE channel_key = $channel)
        AND i.sent_at >= $since AND i.sent_at < $until
    GROUP BY i.type, i.value
),
spread AS (
    SELECT
        type, value, count(DISTINCT channel_no) AS channels,
        count(DISTINCT (channel_no, message_id)) AS everywhere
    FROM base.indicators SEMI JOIN here USING (type, value)
    GROUP BY type, value
)
SELECT
    h.type, h.value, h.valid, h.messages, s.channels, s.everywhere, h.last_sent_at, h.item_no,
    count(*) OVER () AS found
FROM here h JOIN spread s USING (type, value)
ORDER BY h.messages DESC, s.channels DESC, h.type, h.value
LIMIT $limit OFFSET $offset;
