-- What the filters of the queue can be set to, and how many open items each value has.
-- Grain: one row per facet × value. Read by: review/finding.py.
WITH open AS (SELECT * FROM base.items WHERE state <> 'decided')
SELECT facet, value, count(*) AS items FROM (
    SELECT 'label' AS facet, unnest(labels) AS value FROM open
    UNION ALL SELECT 'source', unnest(sources) FROM open
    UNION ALL SELECT 'target', unnest(targets) FROM open
    UNION ALL SELECT 'frame', unnest(frames) FROM open
    UNION ALL SELECT 'route', unnest(routes) FROM open
    UNION ALL SELECT 'language', language FROM open
    UNION ALL SELECT 'state', state FROM base.items
)
GROUP BY facet, value
UNION ALL
SELECT 'channel', c.channel_key, o.items
FROM (
    SELECT channel_no, count(*) AS items
    FROM (SELECT unnest(channels) AS channel_no FROM open) GROUP BY channel_no
) o
JOIN base.channels c USING (channel_no)
ORDER BY facet, items DESC, value;
