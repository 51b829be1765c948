-- Runs that started and never ended, though another one has been started since they were.
-- Grain: one row. Units: counts of runs; time UTC. Read by: `channelwatch doctor`.
SELECT count(*) AS runs, max(started_at) AS latest, arg_max(run_id, started_at) AS run_id
FROM base.runs WHERE state = 'started' AND finished_at IS NULL;
