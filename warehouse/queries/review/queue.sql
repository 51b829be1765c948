-- Items in the order of their priority, and how many items and messages there are in all: looked for
-- once, because a search reads every text. A filter that is null does not filter.
-- Grain: one row per item, at least one: without an item where the page has none.
-- Read by: review/finding.py (the console's list).
WITH found AS MATERIALIZED (
    SELECT item_no, priority, copies
    FROM base.items
    WHERE list_contains($states::VARCHAR[], state)
        AND ($label::VARCHAR IS NULL OR list_contains(labels, $label))
        AND ($language::VARCHAR IS NULL OR language = $language)
        AND ($source::VARCHAR IS NULL OR list_contains(sources, $source))
        AND ($target::VARCHAR IS NULL OR list_contains(targets, $target))
        AND ($source IS NULL OR $target IS NULL
            OR contains(signature || ' ', ':' || $source || '>' || $target || ' '))
        AND ($channel::INTEGER IS NULL OR list_contains(channels, $channel))
        AND ($frame::VARCHAR IS NULL OR list_contains(frames, $frame))
        AND ($route::VARCHAR IS NULL OR list_contains(routes, $route))
        AND ($from::TIMESTAMPTZ IS NULL OR last_sent_at >= $from)
        AND ($to::TIMESTAMPTZ IS NULL OR first_sent_at < $to)
        AND ($since::TIMESTAMPTZ IS NULL OR since >= $since)
        AND ($word1::VARCHAR IS NULL OR contains(words, $word1))
        AND ($word2::VARCHAR IS NULL OR contains(words, $word2))
        AND ($word3::VARCHAR IS NULL OR contains(words, $word3))
        AND ($word4::VARCHAR IS NULL OR contains(words, $word4))
),
total AS (
    SELECT count(*) AS found_items, coalesce(sum(copies), 0)::BIGINT AS found_messages FROM found
),
page AS (SELECT item_no FROM found ORDER BY priority DESC, item_no LIMIT $limit OFFSET $offset)
SELECT total.*, i.*
FROM total LEFT JOIN (
    SELECT
        item_no, revision_no, channel_no, language, signature, labels, sources, targets, severity,
        probability, priority, copies, len(channels) AS channels, since, last_sent_at, state, wanted
    FROM base.items SEMI JOIN page USING (item_no)
) i ON true
ORDER BY i.priority DESC, i.item_no;
