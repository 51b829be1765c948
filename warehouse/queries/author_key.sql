-- The fingerprint of the key that authors are named by, and whether there are messages at all.
-- Grain: one row. Read by: loading.py, store.py.
SELECT
    (SELECT max(fingerprint) FROM base.author_key) AS fingerprint,
    EXISTS (FROM base.revisions) OR EXISTS (FROM base.removed) OR EXISTS (FROM base.quarantine) AS used;
