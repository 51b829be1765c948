-- The flags of the message that an item shows, severest first. Grain: one row per flag.
-- Units: evidence half-open in code points of the raw text. Read by: review/record.py.
SELECT
    base.flag_key(f.label, f.source, f.target) AS key, f.label, f.source, f.target, f.probability,
    f.status, f.severity, f.frames, f.routes, f.evidence, f.model_version, f.channel_actor,
    coalesce(s.state, 'waiting') AS state
FROM base.flags f
LEFT JOIN (SELECT * FROM base.item_flags WHERE item_no = $item_no) s
    ON s.label = f.label AND s.source IS NOT DISTINCT FROM f.source
    AND s.target IS NOT DISTINCT FROM f.target
WHERE f. revision_no = (SELECT revision_no FROM base.items WHERE item_no = $item_no)
ORDER BY f.severity DESC NULLS LAST, f.probability DESC NULLS LAST, f.label, f.target;
