-- The name that DuckDB gives to the warehouse's own file. Read by: backup/copying.py.
SELECT current_database();
