-- The flags of some items, with what decides whether they may be decided together.
-- Grain: one row per item × flag. Read by: review/finding.py (bulk decisions).
SELECT
    i.item_no, i.revision_no, i.state, i.wanted, i.copies, f.label, f.source, f.target,
    coalesce(s.state, 'waiting') AS flag_state
FROM base.items i
JOIN base.flags f USING (revision_no)
LEFT JOIN base.item_flags s
    ON s.item_no = i.item_no AND s.label = f.label AND s.source IS NOT DISTINCT FROM f.source
    AND s.target IS NOT DISTINCT FROM f.target
WHERE i.item_no IN (SELECT unnest($items::BIGINT[]))
ORDER BY i.priority DESC, i.item_no, f.label, f.target;
