-- Who is hostile to whom, and how that changes.
-- Grain: one row per source × target × bucket, of messages sent from $before until $until. Units: a
--   bucket is a $buckets th of the time from $since until $until, 0 the first, negative before $since;
--   messages in their latest revision. Read by: ops/console/pages/overview.py.
SELECT
    source, target,
    floor(
        (epoch_ms(sent_at) - epoch_ms($since::TIMESTAMPTZ)) * $buckets::BIGINT
        / (epoch_ms($until::TIMESTAMPTZ) - epoch_ms($since::TIMESTAMPTZ))
    )::INTEGER AS bucket,
    count(*) AS messages
FROM (
    SELECT DISTINCT revision_no, sent_at, coalesce(source, 'unknown') AS source, target
    FROM base.flags
    ANTI JOIN (SELECT revision_no FROM base.standings WHERE state = 'superseded')
        USING (revision_no)
    WHERE target IS NOT NULL AND sent_at >= $before AND sent_at < $until
)
GROUP BY ALL ORDER BY ALL;
