-- What the model in force said of every revision, as a candidate would hand it over.
-- Grain: one row per revision × model version. Read by: ops/releases/keep_warehouse.py.
SELECT
    c.channel_key, r.content_id::VARCHAR AS content_id, a.* REPLACE ('candidate' AS model_version)
FROM base.analyses a
JOIN base.revisions r USING (revision_no)
JOIN base.channels c ON c.channel_no = a.channel_no
ORDER BY a.revision_no
