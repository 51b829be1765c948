-- runs: every run and what the ledger says it brought.
-- Grain: one row per run.
-- Units: counts of rows; landed are new revisions, unchanged were already there; `counts` and
--   `parameters` are JSON as the run gave them; times UTC.
-- Read by: `channelwatch check`, the run's own closing table, reports.
CREATE OR REPLACE VIEW runs AS
SELECT
    r.run_id, r.state, r.started_at, r.finished_at, r.fingerprint, r.parameters, r.counts,
    coalesce(b.sources, 0) AS sources, coalesce(b.batches, 0) AS batches,
    coalesce(b.landed, 0) AS landed, coalesce(b.unchanged, 0) AS unchanged,
    coalesce(b.quarantined, 0) AS quarantined, coalesce(b.analysed, 0) AS analysed
FROM base.runs r
LEFT JOIN (
    SELECT
        run_no, count(DISTINCT source_no) AS sources, count(*) AS batches,
        sum(landed)::BIGINT AS landed, sum(unchanged)::BIGINT AS unchanged,
        sum(quarantined)::BIGINT AS quarantined, sum(analysed)::BIGINT AS analysed
    FROM base.batches WHERE kind IN ('messages', 'quarantine') GROUP BY run_no
) b USING (run_no);
