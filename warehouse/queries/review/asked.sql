-- The flags that some items ask about, and how the items stand. Grain: one row per item × flag.
-- Read by: review/settling.py.
SELECT
    i.item_no, i.wanted, i.copies, i.state, i.done_by, i.decided_at, f.label, f.source, f.target
FROM base.items i JOIN base.flags f USING (revision_no)
WHERE i.item_no IN (SELECT unnest($items::BIGINT[]));
