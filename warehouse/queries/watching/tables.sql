-- The tables of the file, with their schema.
-- Grain: one row per table. Read by: warehouse/integrity.py.
SELECT schema_name AS schema, table_name AS name
FROM duckdb_tables() WHERE NOT internal AND NOT temporary ORDER BY schema_name, table_name;
