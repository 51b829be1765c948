-- Whether a message is marked as a question with a known answer. Grain: one row.
-- Read by: review/record.py.
SELECT coalesce(max_by(golden, marked_at), false) AS golden FROM base.golden
WHERE channel_key = $channel_key
    AND message_id = $message_id AND content_id = $content_id::UUID;
