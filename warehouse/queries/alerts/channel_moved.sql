-- channel_moved: a channel has gone silent, and a new one carries its content.
-- Grain: one row per old × new channel. New is a channel whose first message was sent from $since on,
--   old one that was silent for $silent_days by $now and had its last message from $overlap_days
--   after the first of the new one back to $gap_days before it.
-- Units: content is distinct fingerprints of words, names of media files and payment indicators; share
--   is that of the new channel's content that the old one had; measure is 100 × share. Content that
--   more than $spread channels carry counts nowhere. Equal fingerprints alone: near ones would need a
--   search that this cannot pay for.
-- $share: number from 0.01 to 1, 0.3. From this share on.
-- $minimum: integer from 1, 5. Fewer pieces of content in common say nothing.
-- $messages: integer from 1, 20. An old channel with fewer messages does not count.
-- $silent_days: number from 0.5, 7. So long must the old one have been silent.
-- $overlap_days: number from 0, 14. So long may both have been active.
-- $gap_days: number from 0, 60. So long may none have been active.
-- $spread: integer from 2, 3. Content of more channels counts nowhere.
-- Says: {old_name} ({old}) is silent since {old_last_at}; {name} ({channel}) carries its content, {common} of {pieces} pieces.
-- Read by: warehouse/alerting/evaluating.py.
WITH wanted AS (
    SELECT channel_no FROM base.channels
    WHERE len($channels::VARCHAR[]) = 0 OR list_contains($channels::VARCHAR[], channel_key)
),
spans AS (
    SELECT
        channel_no, min(sent_at) AS first_at, max(sent_at) AS last_at, count(*) AS messages
    FROM base.revisions WHERE sent_at < $now::TIMESTAMPTZ
    GROUP BY channel_no
),
young AS (SELECT * FROM spans SEMI JOIN wanted USING (channel_no) WHERE first_at >= $since::TIMESTAMPTZ),
pairs AS (
    SELECT
        o.channel_no AS old_no, y.channel_no AS new_no, o.last_at, y.first_at,
        o.messages AS old_messages, y.messages AS new_messages
    FROM young y JOIN spans o ON o.channel_no <> y.channel_no
        AND o.messages >= $messages::INTEGER
        AND o.first_at < y.first_at
        AND o.last_at < $now::TIMESTAMPTZ - to_microseconds((86400000000 * $silent_days::DOUBLE)::BIGINT)
        AND o.last_at < y.first_at + to_microseconds((86400000000 * $overlap_days::DOUBLE)::BIGINT)
        AND o.last_at > y.first_at - to_microseconds((86400000000 * $gap_days::DOUBLE)::BIGINT)
        AND y.last_at > o.last_at
),
-- Inner joins with few rows: their range is known to the scan of the big table before it begins.
carried AS MATERIALIZED (
    SELECT DISTINCT r.fingerprint, r.media_name
    FROM base.revisions r JOIN (SELECT DISTINCT new_no FROM pairs) p ON p.new_no = r.channel_no
),
content AS MATERIALIZED (
    SELECT DISTINCT channel_no, hash('w', fingerprint) AS piece
    FROM base.revisions JOIN (
        SELECT DISTINCT fingerprint FROM carried WHERE fingerprint IS NOT NULL
    ) USING (fingerprint)
    WHERE sent_at < $now::TIMESTAMPTZ
    UNION ALL
    SELECT DISTINCT channel_no, hash('m', media_name)
    FROM base.revisions JOIN (
        SELECT DISTINCT media_name FROM carried WHERE media_name IS NOT NULL
    ) USING (media_name)
    WHERE sent_at < $now::TIMESTAMPTZ
    UNION ALL
    SELECT DISTINCT channel_no, hash('i', type, value) FROM base.indicators
    WHERE sent_at < $now::TIMESTAMPTZ AND valid IS DISTINCT FROM false
        AND channel_no IN (SELECT new_no FROM pairs UNION SELECT old_no FROM pairs)
),
rare AS (SELECT piece FROM content GROUP BY piece HAVING count(*) <= $spread::INTEGER),
owned AS (SELECT * FROM content SEMI JOIN rare USING (piece)),
totals AS (SELECT channel_no AS new_no, count(*) AS pieces FROM owned GROUP BY channel_no),
shared AS (
    SELECT p.old_no, p.new_no, count(*) AS common
    FROM pairs p
    JOIN owned n ON n.channel_no = p.new_no
    JOIN owned o ON o.channel_no = p.old_no AND o.piece = n.piece
    GROUP BY ALL
)
SELECT
    o.channel_key || '>' || n.channel_key AS key, s.common::BIGINT AS count,
    round(100 * s.common / t.pieces, 1)::DOUBLE AS measure,
    {'old': o.channel_key, 'old_name': o.name, 'channel': n.channel_key, 'name': n.name} AS subject,
    {'channel': n.channel_key} AS filters,
    {
        'common': s.common, 'pieces': t.pieces, 'share': round(s.common / t.pieces, 3),
        'old_messages': p.old_messages, 'new_messages': p.new_messages,
        'old_last_at': p.last_at::VARCHAR, 'new_first_at': p.first_at::VARCHAR
    } AS evidence
FROM shared s
JOIN pairs p USING (old_no, new_no)
JOIN totals t USING (new_no)
JOIN base.named_channels o ON o.channel_no = s.old_no
JOIN base.named_channels n ON n.channel_no = s.new_no
WHERE s.common >= $minimum::INTEGER AND s.common >= $share::DOUBLE * t.pieces
ORDER BY measure DESC, key
LIMIT $most;
