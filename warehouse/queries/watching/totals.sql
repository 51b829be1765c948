-- What the ledger, the runs and the decisions add up to: the numbers of the metrics.
-- Grain: one row. Units: counts of rows; seconds; times as seconds since 1970 (UTC).
-- Read by: the console's /metrics.
SELECT
    (SELECT coalesce(sum(landed), 0) FROM base.batches)::BIGINT AS landed,
    (SELECT coalesce(sum(unchanged), 0) FROM base.batches)::BIGINT AS unchanged,
    (SELECT coalesce(sum(quarantined), 0) FROM base.batches)::BIGINT AS quarantined,
    (SELECT coalesce(sum(analysed), 0) FROM base.batches)::BIGINT AS scored,
    (SELECT coalesce(sum(items_read), 0) FROM base.readings)::BIGINT AS read,
    (SELECT count(*) FROM base.decisions) AS decisions,
    (SELECT count(*) FROM base.runs WHERE state = 'finished') AS runs_finished,
    (SELECT count(*) FROM base.runs WHERE state = 'failed') AS runs_failed,
    (SELECT count(*) FROM base.runs WHERE finished_at IS NULL) AS runs_open,
    (SELECT epoch(max(finished_at)) FROM base.runs) AS last_run_ended,
    (SELECT epoch(arg_max(finished_at - started_at, finished_at)) FROM base.runs) AS last_run_seconds,
    (SELECT arg_max(model_version, run_no) FROM base.readings) AS model_version;
