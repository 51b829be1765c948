-- What the database holds in memory: its cache of the file, and what queries under way need.
-- Grain: one row. Units: bytes. Read by: the console's /metrics.
SELECT coalesce(sum(memory_usage_bytes), 0)::BIGINT AS held FROM duckdb_memory();
