-- The warehouse's own tables. Grain: one row per table. Read by: backup/copying.py.
SELECT schema_name, table_name FROM duckdb_tables()
WHERE database_name = current_database() AND NOT internal AND NOT temporary
ORDER BY ALL;
