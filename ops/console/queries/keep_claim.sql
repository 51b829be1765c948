-- Claim an item in place of whoever had it. Grain: one row. Read by: claims.py.
INSERT OR REPLACE INTO claims (item_no, reviewer, until) VALUES (?, ?, ?)
