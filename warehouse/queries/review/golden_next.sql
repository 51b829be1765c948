-- Decided items with a known answer that $reviewer has said nothing about yet, oldest mark first,
-- twenty at most; of that $label and $language where one is given, and less severe than $below.
-- Grain: one row per item. Read by: review/golden.py.
SELECT i.item_no
FROM base.items i
JOIN base.channels c USING (channel_no)
JOIN base.revisions r USING (revision_no)
JOIN (
    SELECT channel_key, message_id, content_id, min(marked_at) AS marked_at
    FROM base.golden GROUP BY channel_key, message_id, content_id HAVING max_by(golden, marked_at)
) g ON g.channel_key = c.channel_key AND g.message_id = r.message_id AND g.content_id = r.content_id
WHERE i.state = 'decided'
    AND ($label::VARCHAR IS NULL OR list_contains(i.labels, $label))
    AND ($language::VARCHAR IS NULL OR i.language = $language)
    AND ($below::INTEGER IS NULL OR coalesce(i.severity, 0) < $below)
    AND NOT EXISTS (
        SELECT 1 FROM base.decisions d
        WHERE d.channel_key = g.channel_key AND d.message_id = g.message_id
            AND d.content_id = g.content_id AND d.reviewer = $reviewer AND d.copy_of IS NULL
    )
ORDER BY g.marked_at, i.item_no
LIMIT 20;
