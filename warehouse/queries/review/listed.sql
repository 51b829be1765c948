-- What a list shows of items beside the queue's own columns. Grain: one row per item.
-- Read by: review/finding.py.
SELECT
    i.item_no, any_value(f.text) AS text, flatten(list(f.evidence)) AS evidence,
    any_value(c.channel_key) AS channel_key, any_value(c.name) AS channel_name
FROM base.items i
JOIN base.flags f USING (revision_no)
JOIN base.named_channels c ON c.channel_no = i.channel_no
WHERE i.item_no IN (SELECT unnest($items::BIGINT[]))
GROUP BY i.item_no;
