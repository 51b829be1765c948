-- The migrations that this file has seen.
SELECT version FROM schema_migrations ORDER BY version;
