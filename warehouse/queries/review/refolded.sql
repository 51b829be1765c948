-- The items that were worked out anew. Grain: one row per item. Read by: review/folding.py.
SELECT item_no FROM refold;
