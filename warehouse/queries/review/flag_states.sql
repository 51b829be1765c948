-- How far the flags of one item are decided; one that is not here waits. Grain: one row per flag.
-- Read by: review/record.py.
SELECT base.flag_key(label, source, target) AS key, state FROM base.item_flags WHERE item_no = $item_no;
