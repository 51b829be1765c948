-- The candidates that have scored as shadows, the latest first.
-- Grain: one row per version. Units: last_at UTC.
-- Read by: flows/shadow.py.
SELECT a.model_version, count(*) AS messages, max(b.loaded_at) AS last_at
FROM base.shadow_analyses a JOIN base.batches b USING (batch_no)
GROUP BY a.model_version ORDER BY last_at DESC, model_version;
