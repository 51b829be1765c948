-- first_solicitation: a channel asks for donations for the first time.
-- Grain: one row per channel whose first flagged solicitation was sent from $since on. What moderators
--   rejected does not count.
-- Units: messages; times UTC.
-- $probability: number from 0 to 1, 0. Flags that are less probable do not count.
-- Says: {name} ({channel}) asks for donations: its first flagged message is of {first_sent_at}.
-- Read by: warehouse/alerting/evaluating.py.
WITH wanted AS (
    SELECT channel_no FROM base.channels
    WHERE len($channels::VARCHAR[]) = 0 OR list_contains($channels::VARCHAR[], channel_key)
),
asked AS (
    SELECT
        channel_no, min(sent_at) AS first_at, count(DISTINCT revision_no) AS messages,
        max(probability) AS probability
    FROM base.alertable SEMI JOIN wanted USING (channel_no)
    WHERE label = 'solicits_donation' AND sent_at < $now::TIMESTAMPTZ
        AND probability >= $probability::FLOAT
    GROUP BY channel_no
    HAVING min(sent_at) >= $since::TIMESTAMPTZ
)
SELECT
    c.channel_key AS key, a.messages::BIGINT AS count, a.messages::DOUBLE AS measure,
    {'channel': c.channel_key, 'name': c.name} AS subject,
    {
        'label': 'solicits_donation', 'channel': c.channel_key, 'from': a.first_at::DATE::VARCHAR
    } AS filters,
    {'messages': a.messages, 'first_sent_at': a.first_at::VARCHAR, 'probability': a.probability}
        AS evidence
FROM asked a JOIN base.named_channels c USING (channel_no)
ORDER BY a.first_at DESC, key
LIMIT $most;
