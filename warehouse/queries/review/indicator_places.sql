-- Where the indicators of one message occur elsewhere. Grain: one row per occurrence, at most $most
-- of each indicator, the latest.
-- Read by: review/record.py.
SELECT i.type, i.value, c.name AS channel_name, c.channel_key, i.message_id, i.sent_at, m.item_no
FROM base.indicators i
JOIN base.named_channels c USING (channel_no)
LEFT JOIN base.item_members m USING (revision_no)
WHERE (i.type, i.value) IN (SELECT (type, value) FROM base.indicators WHERE revision_no = $revision_no)
    AND i.revision_no <> $revision_no
QUALIFY row_number() OVER (
    PARTITION BY i.type, i.value ORDER BY i.sent_at DESC NULLS LAST, i.revision_no
) <= $most
ORDER BY i.type, i.value, i.sent_at DESC NULLS LAST, i.revision_no;
