-- Items by number, as the queue lists them. Grain: one row per item. Read by: review/finding.py.
SELECT
    item_no, revision_no, channel_no, language, signature, labels, sources, targets, severity,
    probability, priority, copies, len(channels) AS channels, since, last_sent_at, state, wanted
FROM base.items
WHERE item_no IN (SELECT unnest($items::BIGINT[]))
ORDER BY priority DESC, item_no;
