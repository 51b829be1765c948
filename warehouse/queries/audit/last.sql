-- The end of the chain. Grain: one row, none where nothing is written. Read by: audit.py.
SELECT entry_no, hash FROM base.audit ORDER BY entry_no DESC LIMIT 1;
