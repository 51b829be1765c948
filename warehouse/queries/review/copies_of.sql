-- Where else the text of an item stands: its own messages, and near-copies that have other flags or
-- none. Grain: one row per message, at most $most. `distance` counts the bits of 64 that differ;
-- a text without a fingerprint has only equal ones. Of all messages the fingerprint alone is read.
-- Read by: review/record.py.
WITH near AS (
    SELECT revision_no, sent_at, bit_count(xor(fingerprint, $fingerprint::UBIGINT)) AS distance
    FROM base.revisions WHERE bit_count(xor(fingerprint, $fingerprint::UBIGINT)) <= 3
    UNION ALL
    SELECT revision_no, sent_at, 0
    FROM base.revisions
    WHERE fingerprint IS NULL AND hash(content_id::VARCHAR) = $fingerprint::UBIGINT
),
nearest AS (
    SELECT revision_no, distance FROM near WHERE revision_no <> $revision_no
    ORDER BY distance, sent_at NULLS LAST, revision_no LIMIT $most
)
SELECT
    c.name AS channel_name, c.channel_key, r.message_id, r.sent_at, r.text, r.language,
    coalesce(s.state, 'current') AS state, m.item_no, n.distance
FROM nearest n
JOIN base.revisions r USING (revision_no)
JOIN base.named_channels c USING (channel_no)
LEFT JOIN base.standings s USING (revision_no)
LEFT JOIN base.item_members m USING (revision_no)
ORDER BY n.distance, r.sent_at NULLS LAST, r.revision_no;
