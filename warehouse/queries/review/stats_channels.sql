-- Channels by solicitation: the $most with the most messages flagged from $since until $until.
-- Grain: one row per channel. Units: flagged, confirmed and rejected count messages (what stands as
--   the latest word on each); indicators counts different payment indicators in messages sent in that
--   time, valid those whose checksum holds; last_sent_at of what is flagged, UTC.
-- Read by: ops/console/pages/overview.py.
WITH asking AS (
    SELECT
        channel_no, count(DISTINCT revision_no) AS flagged, max(sent_at) AS last_sent_at
    FROM base.flags ANTI JOIN (
        SELECT revision_no FROM base.standings WHERE state = 'superseded'
    ) USING (revision_no)
    WHERE label = 'solicits_donation' AND sent_at >= $since AND sent_at < $until
    GROUP BY channel_no ORDER BY flagged DESC, channel_no LIMIT $most
),
latest AS (
    SELECT
        c.channel_no, d.message_id, d.content_id,
        max_by(d.judgement, (d.decided_at, d.decision_id)) AS judgement,
        max_by(coalesce(d.changed_label, d.label), (d.decided_at, d.decision_id)) AS label
    FROM base.standing_decisions d
    JOIN base.channels c USING (channel_key) SEMI JOIN asking USING (channel_no)
    WHERE d.label = 'solicits_donation' AND d.purpose <> 'golden'
        AND d.judgement IN ('confirm', 'reject', 'change')
    GROUP BY ALL
),
decided AS (
    SELECT
        l.channel_no,
        count(*) FILTER (l.judgement <> 'reject' AND l.label = 'solicits_donation') AS confirmed,
        count(*) FILTER (l.judgement = 'reject' OR l.label <> 'solicits_donation') AS rejected
    FROM latest l SEMI JOIN (
        SELECT channel_no, message_id, content_id FROM base.flags
        WHERE label = 'solicits_donation' AND sent_at >= $since AND sent_at < $until
    ) USING (channel_no, message_id, content_id)
    GROUP BY l.channel_no
),
paid AS (
    SELECT
        channel_no, count(DISTINCT (type, value)) AS indicators,
        count(DISTINCT (type, value)) FILTER (valid) AS valid
    FROM base.indicators SEMI JOIN asking USING (channel_no)
    WHERE sent_at >= $since AND sent_at < $until
    GROUP BY channel_no
)
SELECT
    c.channel_key, c.name, a.flagged, coalesce(d.confirmed, 0) AS confirmed,
    coalesce(d.rejected, 0) AS rejected, coalesce(p.indicators, 0) AS indicators,
    coalesce(p.valid, 0) AS valid, a.last_sent_at
FROM asking a
JOIN base.named_channels c USING (channel_no)
LEFT JOIN decided d USING (channel_no)
LEFT JOIN paid p USING (channel_no)
ORDER BY a.flagged DESC, c.channel_key;
