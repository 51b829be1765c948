-- The latest run over the same input, options and model that never came to its end.
SELECT run_id FROM base.runs
WHERE fingerprint = $fingerprint AND finished_at IS NULL
ORDER BY started_at DESC, run_no DESC LIMIT 1;
