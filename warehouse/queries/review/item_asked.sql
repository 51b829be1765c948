-- The flags of the message that an item shows, as far as deciding needs them.
-- Grain: one row per flag. Read by: review/record.py.
SELECT
    label, source, target, severity, probability, model_version, language, message_id,
    content_id::VARCHAR AS content_id
FROM base.flags WHERE revision_no = $revision_no;
