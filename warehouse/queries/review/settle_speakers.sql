-- Who has spoken on all that is open of the items in `settled_items`. Grain: one row per item.
-- Read by: review/settling.py.
UPDATE base.items SET done_by = settled.done_by
FROM settled_items settled WHERE items.item_no = settled.item_no;
