-- What is held of one channel. Grain: one row. Read by: review/record.py.
SELECT
    c.channel_key, c.name, c.username, c.type, m.actor, r.*, n.snapshots
FROM base.named_channels c
LEFT JOIN (
    SELECT
        count(*) FILTER (s.state IS DISTINCT FROM 'superseded') AS messages,
        count(*) FILTER (s.state = 'deleted') AS deleted,
        min(r.sent_at) AS first_sent_at, max(r.sent_at) AS last_sent_at
    FROM base.revisions r LEFT JOIN base.standings s USING (revision_no)
    WHERE r.channel_no = $channel_no
) r ON true
LEFT JOIN (
    SELECT max_by(channel_actor, revision_no) AS actor FROM base.flags WHERE channel_no = $channel_no
) m ON true
LEFT JOIN (SELECT count(*) AS snapshots FROM base.snapshots WHERE channel_no = $channel_no) n ON true
WHERE c.channel_no = $channel_no;
