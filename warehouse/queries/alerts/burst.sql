-- burst: one actor is hostile to another on a day far more often than it was before.
-- Grain: one row per source × target, its most surprising day among those sent from $since on.
-- Units: messages a day (UTC), in their latest revision; the baseline is the days before that day, of
--   which those before the first flag of the whole warehouse do not count. `surprise` is worked out by
--   warehouse/alerting/judging.py: the expected number of days as extreme as this among all pairs,
--   if each went on as in its baseline (negative binomial tail × pairs).
-- $minimum: integer from 1, 8. Fewer messages in a day are no burst.
-- $baseline_days: integer from 7 to 365, 28. So many days before are the baseline.
-- $history_days: integer from 1 to 365, 14. With fewer days of baseline nothing is said.
-- $expected: number from 0 to 1, 0.01. So many false bursts a day are put up with, over all pairs.
-- $source: text, none. Only of this actor.
-- $target: text, none. Only against this actor.
-- Says: {source} against {target} on {day}: {messages} messages, {baseline_a_day} a day before.
-- Read by: warehouse/alerting/evaluating.py.
WITH wanted AS (
    SELECT channel_no FROM base.channels
    WHERE len($channels::VARCHAR[]) = 0 OR list_contains($channels::VARCHAR[], channel_key)
),
observed AS (SELECT min(sent_at)::DATE AS first_day FROM base.flags),
daily AS (
    SELECT
        coalesce(source, 'unknown') AS source, target, sent_at::DATE AS day,
        count(DISTINCT revision_no) AS messages, count(DISTINCT channel_no) AS channels
    FROM base.alertable SEMI JOIN wanted USING (channel_no)
    WHERE label = 'hostile' AND target IS NOT NULL
        AND sent_at >= $since::TIMESTAMPTZ - to_days($baseline_days::INTEGER + 1)
        AND sent_at < $now::TIMESTAMPTZ
        AND ($source::VARCHAR IS NULL OR coalesce(source, 'unknown') = $source)
        AND ($target::VARCHAR IS NULL OR target = $target)
    GROUP BY ALL
),
tested AS (
    SELECT
        d.source, d.target, d.day, any_value(d.messages) AS messages,
        any_value(d.channels) AS channels,
        least($baseline_days::INTEGER, d.day - any_value(o.first_day)) AS days,
        coalesce(sum(b.messages), 0)::DOUBLE AS total,
        coalesce(sum(b.messages * b.messages), 0)::DOUBLE AS squares
    FROM daily d CROSS JOIN observed o
    LEFT JOIN daily b ON b.source = d.source AND b.target = d.target
        AND b.day < d.day AND b.day >= d.day - $baseline_days::INTEGER
    WHERE d.day >= $since::TIMESTAMPTZ::DATE
    GROUP BY d.source, d.target, d.day
),
kept AS (
    SELECT *, count(DISTINCT (source, target)) OVER () AS pairs FROM tested
    WHERE days >= $history_days::INTEGER
)
SELECT
    source || '>' || target AS key, messages::BIGINT AS count, messages::DOUBLE AS measure,
    {'source': source, 'target': target, 'day': day::VARCHAR} AS subject,
    {
        'label': 'hostile', 'source': source, 'target': target,
        'from': day::VARCHAR, 'to': day::VARCHAR
    } AS filters,
    {
        'messages': messages, 'channels': channels, 'baseline_days': days,
        'baseline_messages': total::BIGINT, 'baseline_squares': squares::BIGINT, 'pairs': pairs,
        'allowed': $expected::DOUBLE
    } AS evidence
FROM kept
WHERE messages >= $minimum::INTEGER AND messages > total / days
ORDER BY messages DESC, key, day
LIMIT $most;
