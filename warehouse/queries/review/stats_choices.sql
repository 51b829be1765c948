-- What decisions may be narrowed to.
-- Grain: one row per choice (language or reviewer) × value. Read by: ops/console/pages/export.py.
SELECT 'language' AS choice, language AS value FROM base.decisions WHERE language IS NOT NULL
GROUP BY ALL
UNION ALL
SELECT 'reviewer', reviewer FROM base.decisions GROUP BY ALL
ORDER BY ALL;
