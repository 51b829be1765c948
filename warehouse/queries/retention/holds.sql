-- Every hold, oldest first. Grain: one row per hold. Read by: retention/holds.py.
SELECT * REPLACE (hold_id::VARCHAR AS hold_id) FROM holds;
