-- The states of the items in `settled_items`. Grain: one row per item. Read by: review/settling.py.
UPDATE base.items SET state = settled.state, decided_at = settled.decided_at
FROM settled_items settled WHERE items.item_no = settled.item_no;
