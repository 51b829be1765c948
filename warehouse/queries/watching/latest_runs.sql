-- The latest runs, newest first: how they ended, what they brought by the ledger.
-- Grain: one row per run. Units: times UTC, counts of rows. $limit: how many.
-- Read by: `channelwatch doctor`.
SELECT run_id, state, started_at, finished_at, landed, unchanged, quarantined
FROM runs ORDER BY started_at DESC NULLS LAST LIMIT $limit;
