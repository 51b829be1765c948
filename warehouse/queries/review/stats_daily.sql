-- Flagged messages over time, by label and by language.
-- Grain: one row per bucket × label × language, of messages sent from $since until $until. Units: a
--   bucket is $days days, counted from $since, UTC; messages in their latest revision.
-- Read by: ops/console/pages/overview.py.
SELECT
    (date_diff('second', $since::TIMESTAMPTZ, sent_at) // (86400 * $days))::INTEGER AS bucket,
    label, language, count(DISTINCT revision_no) AS messages
FROM base.flags ANTI JOIN (
    SELECT revision_no FROM base.standings WHERE state = 'superseded'
) USING (revision_no)
WHERE sent_at >= $since AND sent_at < $until
GROUP BY ALL ORDER BY ALL;
