-- The flags of every item, the items with most copies first.
-- Grain: one row per item × flag of the message that it shows. Read by: ops/releases/keep_warehouse.py.
SELECT i.item_no, f.label, f.source, f.target
FROM base.items i JOIN base.flags f USING (revision_no)
ORDER BY i.copies DESC, i.item_no, f.label, f.source, f.target
