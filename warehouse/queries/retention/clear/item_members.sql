-- Items lose the messages that are removed. One without messages goes; one whose shown message goes
-- shows another of its copies, and is folded anew.
CREATE OR REPLACE TEMP TABLE touched AS
SELECT DISTINCT item_no FROM base.item_members SEMI JOIN doomed USING (revision_no);

DELETE FROM base.item_members WHERE revision_no IN (SELECT revision_no FROM doomed);

DELETE FROM base.item_flags WHERE item_no IN (
    SELECT item_no FROM touched ANTI JOIN base.item_members USING (item_no)
);

DELETE FROM base.items WHERE item_no IN (
    SELECT item_no FROM touched ANTI JOIN base.item_members USING (item_no)
);

UPDATE base.items SET
    revision_no = lead.revision_no, channel_no = lead.channel_no, copies = lead.copies,
    words = lead.words
FROM (
    SELECT m.*, base.searched(r.text) AS words
    FROM (
        SELECT
            item_no, min(revision_no) AS revision_no, min_by(channel_no, revision_no) AS channel_no,
            count(*) AS copies
        FROM base.item_members SEMI JOIN touched USING (item_no) GROUP BY item_no
    ) m JOIN base.revisions r USING (revision_no)
) lead
WHERE items.item_no = lead.item_no;

INSERT INTO base.changed
SELECT DISTINCT revision_no FROM base.item_members SEMI JOIN touched USING (item_no);
