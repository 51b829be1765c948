-- The flagged rows, surest and severest first; a filter that is null does not filter.
SELECT * FROM flagged
WHERE ($status::VARCHAR IS NULL OR status = $status)
    AND ($label::VARCHAR IS NULL OR label = $label)
    AND ($target::VARCHAR IS NULL OR target = $target)
    AND ($language::VARCHAR IS NULL OR language = $language)
    AND ($channel_key::VARCHAR IS NULL OR channel_key = $channel_key)
    AND ($run_id::VARCHAR IS NULL OR run_id = $run_id)
ORDER BY status, probability DESC, severity DESC NULLS LAST, channel_key, message_id, label, target
LIMIT $limit;
