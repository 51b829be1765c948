-- The run that began last.
-- Grain: one row, none where nothing ever ran. Units: times UTC. Read by: the console's health.
SELECT run_id, state, started_at, finished_at FROM base.runs
WHERE started_at IS NOT NULL ORDER BY started_at DESC, run_no DESC LIMIT 1;
