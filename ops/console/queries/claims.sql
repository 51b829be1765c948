-- All claims, those that have run out among them. Grain: one row per item. Read by: claims.py.
SELECT item_no, reviewer, until FROM claims
