-- Where else the text of an item stands: its own messages, and near-copies that have other flags or
-- none. Grain: one row per message, at most $most. `distance` counts the bits of 64 that differ;
-- a text without a fingerprint has only equal ones.
-- Read by: review/record.py.
SELECT
    c.name AS channel_name, c.channel_key, r.message_id, r.sent_at, r.text, r.language,
    coalesce(s.state, 'current') AS state, m.item_no,
    bit_count(xor(
        coalesce(r.fingerprint, hash(r.content_id::VARCHAR)), $fingerprint::UBIGINT
    )) AS distance
FROM base.revisions r
JOIN base.named_channels c USING (channel_no)
LEFT JOIN base.standings s USING (revision_no)
LEFT JOIN base.item_members m USING (revision_no)
WHERE distance <= 3 AND r.revision_no <> $revision_no
ORDER BY distance, r.sent_at NULLS LAST, r.revision_no
LIMIT $most;
