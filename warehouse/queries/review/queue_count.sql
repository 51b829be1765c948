-- How many items, messages and channels a filter finds; a filter that is null does not filter.
-- Grain: one row. Read by: review/finding.py.
SELECT count(*) AS items, coalesce(sum(copies), 0)::BIGINT AS messages
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
    AND ($word4::VARCHAR IS NULL OR contains(words, $word4));
