-- The schema version of the file, and the newest time at which a batch was loaded (UTC).
-- Grain: one row. Read by: `channelwatch doctor`.
SELECT
    (SELECT max(version) FROM schema_migrations) AS version,
    (SELECT max(loaded_at) FROM base.batches) AS loaded_at;
