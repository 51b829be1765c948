-- What is held of one channel. Grain: one row. Read by: review/record.py.
SELECT
    c.name, c.username, c.type, m.actor, r.*, n.snapshots
FROM base.named_channels c
LEFT JOIN (
    SELECT
        count(*) AS messages, count(*) FILTER (s.state = 'deleted') AS deleted,
        min(v.sent_at) AS first_sent_at, max(v.sent_at) AS last_sent_at
    FROM base.revisions v LEFT JOIN base.standings s USING (revision_no)
    WHERE v.channel_no = $channel_no AND s.state IS DISTINCT FROM 'superseded'
) r ON true
LEFT JOIN (
    SELECT max_by(channel_actor, revision_no) AS actor FROM base.flags WHERE channel_no = $channel_no
) m ON true
LEFT JOIN (SELECT count(*) AS snapshots FROM base.snapshots WHERE channel_no = $channel_no) n ON true
WHERE c.channel_no = $channel_no;
