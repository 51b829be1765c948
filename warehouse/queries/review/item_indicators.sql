-- The payment indicators in the message that an item shows, and how far each has spread.
-- Grain: one row per type × value × place. Units: spans half-open in code points of the raw text;
--   messages and channels count all in which it occurs, this one among them.
-- Read by: review/record.py.
SELECT i.type, i.value, i.valid, i.span_start, i.span_end, n.messages, n.channels
FROM base.indicators i
JOIN (
    SELECT type, value, count(DISTINCT (channel_no, message_id)) AS messages,
        count(DISTINCT channel_no) AS channels
    FROM base.indicators
    WHERE (type, value) IN (SELECT (type, value) FROM base.indicators WHERE revision_no = $revision_no)
    GROUP BY type, value
) n USING (type, value)
WHERE i.revision_no = $revision_no
ORDER BY i.span_start;
