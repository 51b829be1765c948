-- indicator_again: a payment indicator that was known turns up in another channel.
-- Grain: one row per type × value that a further channel showed for the first time from $since on.
-- Units: messages, channels; times UTC; measure is the number of channels. The rows that the link
--   leads to are those of the day of the newest flagged message with it.
-- $channels_at_least: integer from 2, 2. In so many channels, the new one among them.
-- $channels_at_most: integer from 2, 50. What more channels show is in everybody's mouth.
-- $only_flagged: yes or no, yes. Only where a message with it is flagged as a solicitation.
-- Says: A payment indicator ({type}) known from {first_name} ({first_channel}) is shown by {name} ({channel}); {channels} channels have it now.
-- Read by: warehouse/alerting/evaluating.py.
WITH wanted AS (
    SELECT channel_no FROM base.channels
    WHERE len($channels::VARCHAR[]) = 0 OR list_contains($channels::VARCHAR[], channel_key)
),
recent AS (
    SELECT DISTINCT type, value FROM base.indicators
    WHERE sent_at >= $since::TIMESTAMPTZ AND sent_at < $now::TIMESTAMPTZ
        AND valid IS DISTINCT FROM false
),
firsts AS (
    SELECT
        type, value, channel_no, min(sent_at) AS first_at, count(DISTINCT message_id) AS messages
    FROM base.indicators SEMI JOIN recent USING (type, value)
    WHERE sent_at < $now::TIMESTAMPTZ
    GROUP BY ALL
),
spread AS (
    SELECT
        type, value, count(*) AS channels, sum(messages)::BIGINT AS messages,
        min(first_at) AS known_since, max(first_at) AS spread_at,
        arg_max(channel_no, first_at) AS channel_no, arg_min(channel_no, first_at) AS first_channel
    FROM firsts
    GROUP BY ALL
    HAVING count(*) BETWEEN $channels_at_least::INTEGER AND $channels_at_most::INTEGER
        AND max(first_at) >= $since::TIMESTAMPTZ AND max(first_at) > min(first_at)
),
flagged AS (
    SELECT
        i.type, i.value, max(i.sent_at) AS sent_at, arg_max(i.channel_no, i.sent_at) AS channel_no
    FROM base.indicators i SEMI JOIN spread USING (type, value)
    SEMI JOIN (
        SELECT revision_no FROM base.alertable WHERE label = 'solicits_donation'
    ) f USING (revision_no)
    WHERE i.sent_at < $now::TIMESTAMPTZ
    GROUP BY ALL
)
SELECT
    s.type || ':' || s.value AS key, s.messages AS count, s.channels::DOUBLE AS measure,
    {
        'type': s.type, 'value': s.value, 'channel': c.channel_key, 'name': c.name,
        'first_channel': o.channel_key, 'first_name': o.name
    } AS subject,
    CASE WHEN f.sent_at IS NOT NULL THEN {
        'channel': l.channel_key, 'from': f.sent_at::DATE::VARCHAR, 'to': f.sent_at::DATE::VARCHAR
    } END AS filters,
    {
        'channels': s.channels, 'messages': s.messages, 'known_since': s.known_since::VARCHAR,
        'spread_at': s.spread_at::VARCHAR
    } AS evidence
FROM spread s
SEMI JOIN wanted USING (channel_no)
JOIN base.named_channels c USING (channel_no)
JOIN base.named_channels o ON o.channel_no = s.first_channel
LEFT JOIN flagged f ON f.type = s.type AND f.value = s.value
LEFT JOIN base.channels l ON l.channel_no = f.channel_no
WHERE f.sent_at IS NOT NULL OR NOT $only_flagged::BOOLEAN
ORDER BY s.spread_at DESC, key
LIMIT $most;
