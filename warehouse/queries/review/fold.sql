-- Fold what stands in `turned` into items.
-- Grain of `refold`: one row per item that has to be worked out anew. Read by: review/folding.py.
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

CREATE OR REPLACE TEMP TABLE placed_texts AS
SELECT q.text_no, min_by(i.item_no, (bit_count(xor(i.fingerprint, q.fingerprint)), i.item_no)) AS item_no
FROM quarters q JOIN (
    SELECT item_no, signature, fingerprint, quarter, fingerprint >> (16 * quarter) & 65535 AS bits
    FROM base.items SEMI JOIN texts USING (signature),
        (SELECT unnest([0, 1, 2, 3])::UBIGINT AS quarter)
) i USING (signature, quarter, bits)
WHERE bit_count(xor(i.fingerprint, q.fingerprint)) <= 3
GROUP BY q.text_no;

-- A new text leads where no earlier new one is near it; the others follow the first leader near them,
-- and where there is none, lead after all.
CREATE OR REPLACE TEMP TABLE followers AS
WITH fresh AS (SELECT * FROM quarters ANTI JOIN placed_texts USING (text_no)),
near AS (
    SELECT DISTINCT a.text_no AS leader, b.text_no
    FROM fresh a JOIN fresh b USING (signature, quarter, bits)
    WHERE a.text_no < b.text_no AND bit_count(xor(a.fingerprint, b.fingerprint)) <= 3
)
SELECT text_no, min(leader) AS leader
FROM near WHERE leader NOT IN (SELECT text_no FROM near) GROUP BY text_no;

INSERT INTO placed_texts
WITH leaders AS (
    SELECT text_no, nextval('base.item_numbers') AS item_no FROM (
        SELECT text_no FROM texts
        ANTI JOIN placed_texts USING (text_no) ANTI JOIN followers USING (text_no)
        ORDER BY text_no
    )
)
SELECT text_no, item_no FROM leaders
UNION ALL
SELECT f.text_no, l.item_no FROM followers f JOIN leaders l ON l.text_no = f.leader;

INSERT INTO base.item_members
SELECT p.item_no, c.revision_no, c.channel_no, c.message_id, c.content_id
FROM candidates c JOIN texts USING (signature, fingerprint) JOIN placed_texts p USING (text_no);

INSERT INTO refold
SELECT DISTINCT item_no FROM placed_texts ANTI JOIN refold USING (item_no);
