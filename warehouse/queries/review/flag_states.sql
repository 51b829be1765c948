-- How far the flags of one item are decided; one that is not here waits. Grain: one row per flag.
-- Read by: review/record.py.
SELECT label, source, target, state FROM base.item_flags WHERE item_no = $item_no;
