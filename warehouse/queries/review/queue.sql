-- Items in the order of their priority; a filter that is null does not filter.
-- Grain: one row per item. Read by: review/finding.py (the console's list).
SELECT
    item_no, revision_no, channel_no, language, signature, labels, sources, targets, severity,
    probability, priority, copies, len(channels) AS channels, since, last_sent_at, state, wanted
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
ORDER BY priority DESC, item_no
LIMIT $limit OFFSET $offset;
