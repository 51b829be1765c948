-- Those that lead get items of their own; every text goes to the nearest item, of two the older.
-- Grain of `refold`: one row per item that has to be worked out anew. Read by: review/folding.py.
CREATE OR REPLACE TEMP TABLE led AS
SELECT text_no, nextval('base.item_numbers') AS item_no
FROM (SELECT text_no FROM leaders ORDER BY text_no);

CREATE OR REPLACE TEMP TABLE placed_texts AS
SELECT text_no, item_no FROM led
UNION ALL
SELECT n.text_no, min_by(coalesce(n.item_no, l.item_no), (n.distance, coalesce(n.item_no, l.item_no)))
FROM near n LEFT JOIN led l ON l.text_no = n.earlier
WHERE n.text_no NOT IN (SELECT text_no FROM led) AND coalesce(n.item_no, l.item_no) IS NOT NULL
GROUP BY n.text_no;

INSERT INTO base.item_members
SELECT p.item_no, c.revision_no, c.channel_no, c.message_id, c.content_id
FROM candidates c JOIN texts USING (signature, fingerprint) JOIN placed_texts p USING (text_no);

INSERT INTO refold
SELECT DISTINCT item_no FROM placed_texts ANTI JOIN refold USING (item_no);
