-- The time that decisions span. Units: UTC; null where there are none.
-- Grain: one row. Read by: ops/console/pages/team.py, agreement.py, export.py.
SELECT min(decided_at) AS first, max(decided_at) AS last, count(*) AS decisions FROM base.decisions;
