-- The last of the next $most revisions after $after; null where there are none.
-- Read by: retention/removing.py.
SELECT max(revision_no) FROM (
    SELECT revision_no FROM base.revisions WHERE revision_no > $after ORDER BY revision_no LIMIT $most
);
