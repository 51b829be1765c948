-- The warehouse's own tables: a migration that has not run yet leaves some out.
-- Grain: one row per table. Read by: retention/removing.py.
SELECT table_name FROM duckdb_tables() WHERE schema_name = 'base' AND NOT temporary;
