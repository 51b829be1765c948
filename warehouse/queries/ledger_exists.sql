-- Is this a warehouse at all, and not some other DuckDB file?
SELECT count(*) FILTER (WHERE table_name = 'schema_migrations') AS ours, count(*) AS tables
FROM duckdb_tables() WHERE NOT internal AND NOT temporary;
