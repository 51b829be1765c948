-- The time that flagged messages span. Units: UTC; null where nothing is flagged.
-- Grain: one row. Read by: ops/console/pages/overview.py, export.py.
SELECT min(sent_at) AS first, max(sent_at) AS last FROM base.flags;
