-- Let go of an item. Grain: one row. Read by: claims.py.
DELETE FROM claims WHERE item_no = ?
