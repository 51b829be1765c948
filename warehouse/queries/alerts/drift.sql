-- drift: the mix of languages, or the scores, are others than in the time before.
-- Grain: one row for the languages, or one per label for its scores.
-- Units: messages sent from $since on beside those of the same length before; measure is the population
--   stability index, the sum over bins of (p - q) ln(p / q), each bin smoothed by half a message. By
--   custom (Siddiqi 2006, Credit Risk Scorecards) 0.1 is a shift and 0.25 a great one. Bins are the
--   languages with at least 0.1 % (others are one), or tenths of the probability of what crossed the
--   threshold of review, with all else as one bin: scores below are not kept apart by time.
-- $of: one of languages scores, languages. What is compared.
-- $index: number from 0.01, 0.25. From this index on.
-- $minimum: integer from 10, 1000. With fewer messages in either time nothing is said.
-- Says: The distribution of {of} has shifted by an index of {index}; most of it is {most}, {share_before} before and {share_now} now.
-- Read by: warehouse/alerting/evaluating.py.
WITH wanted AS (
    SELECT channel_no FROM base.channels
    WHERE len($channels::VARCHAR[]) = 0 OR list_contains($channels::VARCHAR[], channel_key)
),
spoken AS (
    SELECT sent_at >= $since::TIMESTAMPTZ AS later, coalesce(language, 'none') AS language
    FROM base.revisions SEMI JOIN wanted USING (channel_no)
    WHERE sent_at < $now::TIMESTAMPTZ
        AND sent_at >= $since::TIMESTAMPTZ - ($now::TIMESTAMPTZ - $since::TIMESTAMPTZ)
),
languages AS (
    SELECT
        language, count(*) FILTER (later) AS now, count(*) FILTER (NOT later) AS before
    FROM spoken GROUP BY language
),
sums AS (SELECT sum(now)::DOUBLE AS now, sum(before)::DOUBLE AS before FROM languages),
scored AS (
    SELECT
        label, least(floor(probability * 10), 9)::INTEGER AS tenth,
        count(*) FILTER (sent_at >= $since::TIMESTAMPTZ) AS now,
        count(*) FILTER (sent_at < $since::TIMESTAMPTZ) AS before
    FROM (
        -- A message with several targets counts once, by the most probable.
        SELECT label, revision_no, any_value(sent_at) AS sent_at, max(probability) AS probability
        FROM base.flags SEMI JOIN wanted USING (channel_no)
        WHERE $of::VARCHAR = 'scores' AND sent_at < $now::TIMESTAMPTZ
            AND sent_at >= $since::TIMESTAMPTZ - ($now::TIMESTAMPTZ - $since::TIMESTAMPTZ)
            AND (len($labels::VARCHAR[]) = 0 OR list_contains($labels::VARCHAR[], label))
        GROUP BY label, revision_no
    )
    GROUP BY ALL
),
bins AS (
    SELECT
        'languages' AS name,
        CASE WHEN greatest(l.now / s.now, l.before / s.before) >= 0.001 THEN language ELSE 'other' END
            AS bin,
        sum(l.now) AS now, sum(l.before) AS before
    FROM languages l, sums s WHERE $of::VARCHAR = 'languages' GROUP BY bin
    UNION ALL
    SELECT label, tenth::VARCHAR, now, before FROM scored
    UNION ALL
    SELECT label, 'none', greatest(any_value(s.now) - sum(c.now), 0),
        greatest(any_value(s.before) - sum(c.before), 0)
    FROM scored c, sums s GROUP BY label
),
shares AS (
    SELECT
        name, bin, now, before,
        (now + 0.5) / sum(now + 0.5) OVER (PARTITION BY name) AS p,
        (before + 0.5) / sum(before + 0.5) OVER (PARTITION BY name) AS q
    FROM bins
),
indexed AS (
    SELECT
        name, sum((p - q) * ln(p / q)) AS index, arg_max(bin, abs((p - q) * ln(p / q))) AS bin,
        arg_max(p, abs((p - q) * ln(p / q))) AS p, arg_max(q, abs((p - q) * ln(p / q))) AS q
    FROM shares GROUP BY name
)
SELECT
    name AS key, s.now::BIGINT AS count, round(index, 4)::DOUBLE AS measure,
    {'of': name, 'most': bin} AS subject,
    {
        'label': CASE WHEN name <> 'languages' THEN name END,
        'language': CASE WHEN name = 'languages' AND bin NOT IN ('other', 'none') THEN bin END,
        'from': $since::TIMESTAMPTZ::DATE::VARCHAR
    } AS filters,
    {
        'index': round(index, 4), 'share_now': round(p, 4), 'share_before': round(q, 4),
        'messages_now': s.now::BIGINT, 'messages_before': s.before::BIGINT
    } AS evidence
FROM indexed, sums s
WHERE index >= $index::DOUBLE AND s.now >= $minimum::BIGINT AND s.before >= $minimum::BIGINT
ORDER BY measure DESC, key
LIMIT $most;
