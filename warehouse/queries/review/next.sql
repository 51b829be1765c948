-- The most urgent items that one reviewer may be given: nobody has claimed them ($claimed), and they
-- have not spoken on all of it. What is as severe as $rest or more comes last; with $only, that item
-- or none.
-- Grain: one row per item, $limit of them. Read by: review/finding.py.
SELECT item_no, severity, done_by
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
    AND ($only::BIGINT IS NULL OR item_no = $only)
    AND NOT list_contains(done_by, $reviewer)
    AND NOT list_contains($claimed::BIGINT[], item_no)
ORDER BY coalesce(severity >= $rest::INTEGER, false), priority DESC, item_no
LIMIT $limit;
