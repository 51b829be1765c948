-- For each row of a batch of messages, in order: is its revision there and scored by this model?
WITH keyed AS (
    SELECT
        row_number() OVER () AS row_no, channel_no, message_id,
        base.content_of(kind, media_type, action, text, entities) AS content_id
    FROM arriving LEFT JOIN base.channels USING (channel_key)
),
known AS (
    SELECT DISTINCT channel_no, message_id, content_id
    FROM base.revisions SEMI JOIN keyed USING (channel_no, message_id)
    SEMI JOIN (SELECT revision_no FROM base.analyses
        SEMI JOIN keyed USING (channel_no, message_id)
        WHERE model_version = $model_version) USING (revision_no)
)
SELECT known.content_id IS NOT NULL AS known
FROM keyed LEFT JOIN known USING (channel_no, message_id, content_id)
ORDER BY row_no;
