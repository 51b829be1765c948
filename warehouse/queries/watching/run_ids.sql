-- Every run that came to its end, oldest first: those whose counts must add up.
-- Grain: one row per run. Read by: `channelwatch doctor --deep`.
SELECT run_id FROM base.runs WHERE finished_at IS NOT NULL ORDER BY run_no;
