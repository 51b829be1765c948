-- What stands in `turned` leaves its items; what of it is flagged is to find its place among `texts`.
-- Grain of `texts`: one row per text × flags; of `near`: one row per pair that are near-copies, a text
--   and an item or an earlier text. Read by: review/folding.py.
DELETE FROM base.changed WHERE revision_no IN (SELECT revision_no FROM turned);

-- Each turned revision that is flagged now, with the keys of its flags.
CREATE OR REPLACE TEMP TABLE candidates AS
SELECT
    f.revision_no, f.channel_no, f.message_id, f.content_id, f.signature,
    coalesce(r.fingerprint, hash(f.content_id::VARCHAR)) AS fingerprint
FROM (
    SELECT
        revision_no, any_value(channel_no) AS channel_no, any_value(message_id) AS message_id,
        any_value(content_id) AS content_id,
        string_agg(DISTINCT key, ' ' ORDER BY key) AS signature
    FROM (
        SELECT *, base.flag_key(label, source, target) AS key
        FROM base.flags SEMI JOIN turned USING (revision_no)
    )
    GROUP BY revision_no
) f
JOIN base.revisions r USING (revision_no)
LEFT JOIN base.standings s USING (revision_no)
WHERE s.state IS DISTINCT FROM 'superseded';

CREATE OR REPLACE TEMP TABLE refold AS
SELECT DISTINCT item_no FROM base.item_members SEMI JOIN turned USING (revision_no);

DELETE FROM base.item_members WHERE revision_no IN (SELECT revision_no FROM turned);

-- Equal texts first, then near ones: two fingerprints that differ in at most three of 64 bits agree
-- in at least one of four quarters.
CREATE OR REPLACE TEMP TABLE texts AS
SELECT row_number() OVER (ORDER BY min(revision_no)) AS text_no, signature, fingerprint
FROM candidates GROUP BY signature, fingerprint;

CREATE OR REPLACE TEMP TABLE quarters AS
SELECT
    text_no, signature, fingerprint, quarter, fingerprint >> (16 * quarter) & 65535 AS bits
FROM texts, (SELECT unnest([0, 1, 2, 3])::UBIGINT AS quarter);

CREATE OR REPLACE TEMP TABLE near AS
SELECT DISTINCT
    q.text_no, i.item_no, NULL::BIGINT AS earlier,
    bit_count(xor(i.fingerprint, q.fingerprint)) AS distance
FROM quarters q JOIN (
    SELECT item_no, signature, fingerprint, quarter, fingerprint >> (16 * quarter) & 65535 AS bits
    FROM base.items SEMI JOIN texts USING (signature),
        (SELECT unnest([0, 1, 2, 3])::UBIGINT AS quarter)
) i USING (signature, quarter, bits)
WHERE bit_count(xor(i.fingerprint, q.fingerprint)) <= 3
UNION ALL
SELECT DISTINCT b.text_no, NULL, a.text_no, bit_count(xor(a.fingerprint, b.fingerprint))
FROM quarters a JOIN quarters b USING (signature, quarter, bits)
WHERE a.text_no < b.text_no AND bit_count(xor(a.fingerprint, b.fingerprint)) <= 3;

-- Which of the texts that are near no item lead new ones is found out in rounds (review/lead.sql).
CREATE OR REPLACE TEMP TABLE undecided AS
SELECT text_no FROM texts WHERE text_no NOT IN (SELECT text_no FROM near WHERE item_no IS NOT NULL);

CREATE OR REPLACE TEMP TABLE leaders (text_no BIGINT NOT NULL);
