-- The flags of the message that an item shows, severest first, each with the message's text.
-- Grain: one row per flag. Units: evidence half-open in code points of the raw text.
-- Read by: review/record.py.
SELECT
    base.flag_key(label, source, target) AS key, label, source, target, probability, status,
    severity, frames, routes, evidence, model_version, channel_actor, text, language, message_id,
    content_id::VARCHAR AS content_id
FROM base.flags WHERE revision_no = $revision_no
ORDER BY severity DESC NULLS LAST, probability DESC NULLS LAST, label, target;
