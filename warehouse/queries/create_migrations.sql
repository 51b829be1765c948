-- The record of migrations; the only table that no migration makes.
CREATE TABLE IF NOT EXISTS schema_migrations (
    version INTEGER NOT NULL, name VARCHAR NOT NULL, applied_at TIMESTAMPTZ NOT NULL
);

-- The digest of the text of the stable views, so that opening a file need not write.
CREATE TABLE IF NOT EXISTS schema_views (digest VARCHAR NOT NULL);
