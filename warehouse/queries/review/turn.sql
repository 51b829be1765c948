-- The next $most revisions to be folded, oldest first. Read by: review/folding.py.
CREATE OR REPLACE TEMP TABLE turned AS
SELECT DISTINCT revision_no FROM base.changed ORDER BY revision_no LIMIT $most;
