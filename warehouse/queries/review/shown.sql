-- The messages that some items show, as they are named for ever. Grain: one row per item.
-- Read by: review/deciding.py.
SELECT
    i.item_no, any_value(c.channel_key) AS channel_key,
    any_value(f.message_id) AS message_id, any_value(f.content_id) AS content_id,
    any_value(f.model_version) AS model_version, any_value(f.language) AS language
FROM base.items i
JOIN base.flags f USING (revision_no)
JOIN base.channels c ON c.channel_no = i.channel_no
WHERE i.item_no IN (SELECT unnest($items::BIGINT[]))
GROUP BY i.item_no;
