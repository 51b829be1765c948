-- The version of the schema. Read by: backup/backup.py.
SELECT coalesce(max(version), 0) AS version FROM schema_migrations;
