-- Flagged messages over time, by label and by language.
-- Grain: one row per bucket × label (language null) and per bucket × language (label null), of
--   messages sent from $since until $until. Units: a bucket is $days days, counted from $since, UTC;
--   messages in their latest revision, each once in a row.
-- Read by: ops/console/pages/overview.py.
WITH latest AS MATERIALIZED ( -- a message once for each label, whatever the number of targets
    SELECT DISTINCT
        revision_no, language, label,
        ((epoch_ms(sent_at) - epoch_ms($since::TIMESTAMPTZ)) // (86400000 * $days::BIGINT))::INTEGER AS bucket
    FROM base.flags
    ANTI JOIN (SELECT revision_no FROM base.standings WHERE state = 'superseded')
        USING (revision_no)
    WHERE sent_at >= $since AND sent_at < $until
)
SELECT bucket, label, NULL AS language, count(*) AS messages FROM latest GROUP BY bucket, label
UNION ALL
SELECT bucket, NULL, language, count(*) FROM (SELECT DISTINCT revision_no, bucket, language FROM latest) GROUP BY bucket, language
ORDER BY ALL;
