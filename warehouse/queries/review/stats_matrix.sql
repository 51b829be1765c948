-- Who is hostile to whom, and how that changes.
-- Grain: one row per source × target × bucket, of messages sent from $before until $until. Units: a
--   bucket is a $buckets th of the time from $since until $until, 0 the first, negative before $since;
--   messages in their latest revision. Read by: ops/console/pages/overview.py.
SELECT
    coalesce(source, 'unknown') AS source, target,
    floor(
        date_diff('second', $since::TIMESTAMPTZ, sent_at) * $buckets
        / date_diff('second', $since::TIMESTAMPTZ, $until::TIMESTAMPTZ)
    )::INTEGER AS bucket,
    count(DISTINCT revision_no) AS messages
FROM base.flags ANTI JOIN (
    SELECT revision_no FROM base.standings WHERE state = 'superseded'
) USING (revision_no)
WHERE target IS NOT NULL AND sent_at >= $before AND sent_at < $until
GROUP BY ALL ORDER BY ALL;
